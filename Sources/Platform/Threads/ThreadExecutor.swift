// SPDX-License-Identifier: Apache-2.0

/// Runs an actor on a thread of its own, for actors whose calls block, and lets that thread wait for the events
/// the actor is about: then nothing but the one thread has to be woken between an event and what is done about it.
public final class ThreadExecutor: SerialExecutor {
    private let loop: Loop
    private let thread: WorkerThread

    /// Starts the thread. The kernel names it, and it as the author of what the actor does, by at most 15 bytes.
    ///
    /// - Throws: EAGAIN or EMFILE when there are too many threads or descriptors.
    public init(name: String) throws(SystemError) {
        let loop = Loop(queue: try EventQueue())
        self.loop = loop
        thread = try WorkerThread(name: name) { loop.run() }
    }

    deinit { loop.end() }

    /// From now on calls `body` on the thread whenever there is something to read, which it is to read all of.
    /// The descriptor is watched until it is closed, and `body` is kept.
    ///
    /// - Returns: What ``pause(_:token:)`` knows it by.
    @discardableResult
    public func watch(
        _ descriptor: borrowing Descriptor, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> UInt64 {
        let token = loop.add(body)
        try loop.queue.add(descriptor, token: token, interest: .readable)
        return token
    }

    /// Does not look at a descriptor that is watched, unless to hear of an error, until ``resume(_:token:)``.
    public func pause(_ descriptor: borrowing Descriptor, token: UInt64) throws(SystemError) {
        try loop.queue.change(descriptor, token: token, interest: [])
    }

    public func resume(_ descriptor: borrowing Descriptor, token: UInt64) throws(SystemError) {
        try loop.queue.change(descriptor, token: token, interest: .readable)
    }

    /// The same for a source, until ``unwatch(_:)`` is called for it.
    public func watch(_ source: any EventSource, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        try loop.queue.add(source, token: loop.add(body, source: source))
    }

    /// Forgets a source and what was to be called for it. On the thread nothing is called for it any more, elsewhere
    /// a call may be under way. Its descriptor has to be closed next: until then the thread wakes up for it.
    public func unwatch(_ source: any EventSource) { loop.remove(source) }

    /// Calls `body` once on the thread when this time has come. Each owner has one alarm: what it set before is
    /// forgotten. The thread is the actor's own, so it is set from the actor.
    public func setAlarm(
        of owner: AnyObject? = nil, at time: ContinuousClock.Instant?, _ body: @escaping @Sendable () -> Void
    ) {
        checkIsolated()
        loop.setAlarm(of: ObjectIdentifier(owner ?? self), time.map { ($0, body) })
    }

    /// True on the thread itself.
    public var isCurrent: Bool { thread.isCurrent }

    /// Calls `body` once on the thread, soon.
    public func perform(_ body: @escaping @Sendable () -> Void) { loop.perform(body) }

    public func enqueue(_ job: consuming ExecutorJob) {
        loop.enqueue(UnownedJob(job), on: self)
    }

    public func checkIsolated() { precondition(thread.isCurrent, "not on the thread of the actor") }

    /// What an actor's `unownedExecutor` is. The actor keeps this object in a constant, so that it outlives the
    /// reference.
    @safe public var reference: UnownedSerialExecutor { unsafe asUnownedSerialExecutor() }
}

/// The part that the thread keeps, so that the executor can end while it waits.
private final class Loop: Sendable {
    let queue: EventQueue
    private let state = Monitor(State())

    private struct State: Sendable {
        // A job that waits keeps its executor.
        var jobs: [(job: UnownedJob, executor: ThreadExecutor)] = []
        var bodies: [@Sendable () -> Void] = []
        var watches: [UInt64: Watch] = [:]
        var lastToken: UInt64 = 0
        var alarms: [ObjectIdentifier: (time: ContinuousClock.Instant, body: @Sendable () -> Void)] = [:]
        var hasEnded = false
    }

    private struct Watch: Sendable {
        /// nil for a descriptor that is watched until it is closed.
        let source: (any EventSource)?
        let body: @Sendable () -> Void
    }

    init(queue: EventQueue) { self.queue = queue }

    func add(_ body: @escaping @Sendable () -> Void, source: (any EventSource)? = nil) -> UInt64 {
        state.withLock {
            $0.lastToken += 1
            $0.watches[$0.lastToken] = Watch(source: source, body: body)
            return $0.lastToken
        }
    }

    func remove(_ source: any EventSource) {
        // Released outside the lock, as a release may run other code.
        let removed = state.withLock { state in
            let tokens = state.watches.filter { $0.value.source === source }.keys
            return tokens.compactMap { state.watches.removeValue(forKey: $0) }
        }
        withExtendedLifetime(removed) {}
    }

    func perform(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.bodies.append(body) }
        queue.wake()
    }

    func enqueue(_ job: UnownedJob, on executor: ThreadExecutor) {
        let isFirst = state.withLock {
            $0.jobs.append((job, executor))
            return $0.jobs.count == 1
        }
        if isFirst { queue.wake() }
    }

    func setAlarm(
        of owner: ObjectIdentifier, _ alarm: (time: ContinuousClock.Instant, body: @Sendable () -> Void)?
    ) {
        state.withLock { $0.alarms[owner] = alarm }
    }

    /// The bodies of the alarms whose time has come; they are struck off.
    private func takeAlarms() -> [@Sendable () -> Void] {
        state.withLock { state in
            if state.alarms.isEmpty { return [] }
            let now = ContinuousClock.now
            let due = state.alarms.filter { $0.value.time <= now }
            for owner in due.keys { state.alarms[owner] = nil }
            return due.values.map(\.body)
        }
    }

    /// The time to the first alarm; nil without one.
    private var untilAlarm: Duration? {
        state.withLock { $0.alarms.values.map(\.time).min() }.map { max(.zero, $0 - .now) }
    }

    func end() {
        state.withLock { $0.hasEnded = true }
        queue.wake()
    }

    func run() {
        while !state.withLock({ $0.hasEnded }) {
            do throws(SystemError) {
                for event in try queue.wait(timeout: untilAlarm) where event.token != EventQueue.wakeToken {
                    state.withLock { $0.watches[event.token] }?.body()
                }
            } catch {
                fatalError("\(error)")
            }
            for body in takeAlarms() { body() }
            for body in state.withLock({ exchange(&$0.bodies, with: []) }) { body() }
            for (job, executor) in state.withLock({ exchange(&$0.jobs, with: []) }) {
                unsafe job.runSynchronously(on: executor.asUnownedSerialExecutor())
            }
        }
    }
}
