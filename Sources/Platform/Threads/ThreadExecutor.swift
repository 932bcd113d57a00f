// SPDX-License-Identifier: Apache-2.0

/// Runs an actor on a separate thread, for actors whose calls block. The thread also waits for the events
/// that the actor handles, so that no other thread must be woken between an event and its handling.
public final class ThreadExecutor: SerialExecutor {
    private let loop: Loop
    private let thread: WorkerThread

    /// Starts the thread. `name` has at most 15 bytes; the kernel reports it as the name of the process
    /// that commits to a ruleset.
    ///
    /// - Throws: ``SystemError``: EAGAIN or EMFILE when there are too many threads or descriptors.
    public init(name: String) throws(SystemError) {
        let loop = Loop(queue: try EventQueue())
        self.loop = loop
        thread = try WorkerThread(name: name) { loop.run() }
    }

    deinit { loop.end() }

    /// Calls `body` on the thread from now on, whenever the descriptor is readable; `body` must read
    /// everything. The descriptor is watched until it is closed, and `body` is retained.
    ///
    /// - Returns: The token for ``pause(_:token:)``.
    @discardableResult
    public func watch(
        _ descriptor: borrowing Descriptor, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> UInt64 {
        let token = loop.add(body)
        try loop.queue.add(descriptor, token: token, interest: .readable)
        return token
    }

    /// Stops watching the descriptor, except for errors, until ``resume(_:token:)``.
    public func pause(_ descriptor: borrowing Descriptor, token: UInt64) throws(SystemError) {
        try loop.queue.change(descriptor, token: token, interest: [])
    }

    /// Watches the descriptor again.
    public func resume(_ descriptor: borrowing Descriptor, token: UInt64) throws(SystemError) {
        try loop.queue.change(descriptor, token: token, interest: .readable)
    }

    /// Calls `body` on the thread from now on, whenever the source has news, until ``unwatch(_:)``.
    public func watch(_ source: any EventSource, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        try loop.queue.add(source, token: loop.add(body, source: source))
    }

    /// Stops watching a source. If this is called on the thread, `body` is not called again; if it is
    /// called on another thread, a call of `body` may still be in progress. Close the descriptor next,
    /// since it keeps waking the thread until then.
    public func unwatch(_ source: any EventSource) { loop.remove(source) }

    /// Calls `body` once on the thread, at this time; nil cancels the call. Each owner has one alarm,
    /// which replaces its earlier one. Call this method on the thread, that is, from the actor.
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

    /// The value for an actor's `unownedExecutor`. The actor must keep this object in a constant, so that it
    /// outlives the reference.
    @safe public var reference: UnownedSerialExecutor { unsafe asUnownedSerialExecutor() }
}

/// The event loop. Only this part is retained by the thread, so that the executor can be released while
/// the thread waits.
private final class Loop: Sendable {
    let queue: EventQueue
    private let state = Monitor(State())

    private struct State: Sendable {
        // The jobs of the actor that wait for the thread; each retains its executor.
        var jobs: [(job: UnownedJob, executor: ThreadExecutor)] = []
        var bodies: [@Sendable () -> Void] = []
        var watches: [UInt64: Watch] = [:]
        var lastToken: UInt64 = 0
        var alarms: [ObjectIdentifier: (time: ContinuousClock.Instant, body: @Sendable () -> Void)] = [:]
        var hasEnded = false
    }

    private struct Watch: Sendable {
        /// The source; nil for a descriptor that is watched until it is closed.
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
        // Release the watches outside the lock, as that may run other code.
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

    /// Removes and returns the bodies of the alarms whose time has come.
    private func takeAlarms() -> [@Sendable () -> Void] {
        state.withLock { state in
            if state.alarms.isEmpty { return [] }
            let now = ContinuousClock.now
            let due = state.alarms.filter { $0.value.time <= now }
            for owner in due.keys { state.alarms[owner] = nil }
            return due.values.map(\.body)
        }
    }

    /// The time until the first alarm; nil if none is set.
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
