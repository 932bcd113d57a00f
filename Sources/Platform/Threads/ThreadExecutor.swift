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
    /// The descriptor is watched until it is closed.
    public func watch(
        _ descriptor: borrowing Descriptor, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        try loop.queue.add(descriptor, token: loop.add(body), interest: .readable)
    }

    /// Calls `body` once on the thread when this time has come; what was set before is forgotten. The thread is
    /// the actor's own, so it is set from the actor.
    public func setAlarm(at time: ContinuousClock.Instant?, _ body: @escaping @Sendable () -> Void) {
        checkIsolated()
        loop.setAlarm(time.map { ($0, body) })
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        loop.enqueue(UnownedJob(job), on: self)
    }

    public func checkIsolated() { precondition(thread.isCurrent, "not on the thread of the actor") }

    /// What an actor's `unownedExecutor` is. The actor keeps this object in a constant, so that it outlives the
    /// reference.
    @safe public var reference: UnownedSerialExecutor { unsafe asUnownedSerialExecutor() }
}

/// What the thread holds on to, so that the executor can end while it waits.
private final class Loop: Sendable {
    let queue: EventQueue
    private let state = Monitor(State())

    private struct State: Sendable {
        // A job that waits keeps its executor.
        var jobs: [(job: UnownedJob, executor: ThreadExecutor)] = []
        var bodies: [@Sendable () -> Void] = []
        var alarm: (time: ContinuousClock.Instant, body: @Sendable () -> Void)?
        var hasEnded = false
    }

    init(queue: EventQueue) { self.queue = queue }

    func add(_ body: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock {
            $0.bodies.append(body)
            return UInt64($0.bodies.count - 1)
        }
    }

    func enqueue(_ job: UnownedJob, on executor: ThreadExecutor) {
        let isFirst = state.withLock {
            $0.jobs.append((job, executor))
            return $0.jobs.count == 1
        }
        if isFirst { queue.wake() }
    }

    func setAlarm(_ alarm: (time: ContinuousClock.Instant, body: @Sendable () -> Void)?) {
        state.withLock { $0.alarm = alarm }
    }

    /// The alarm's body, when its time has come; it is struck off.
    private func takeAlarm() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard let alarm = state.alarm, alarm.time <= .now else { return nil }
            state.alarm = nil
            return alarm.body
        }
    }

    /// How long until the alarm; nil without one.
    private var untilAlarm: Duration? { state.withLock { $0.alarm }.map { max(.zero, $0.time - .now) } }

    func end() {
        state.withLock { $0.hasEnded = true }
        queue.wake()
    }

    func run() {
        while !state.withLock({ $0.hasEnded }) {
            do throws(SystemError) {
                for event in try queue.wait(timeout: untilAlarm) where event.token != EventQueue.wakeToken {
                    state.withLock { $0.bodies[Int(event.token)] }()
                }
            } catch {
                fatalError("\(error)")
            }
            takeAlarm()?()
            for (job, executor) in state.withLock({ exchange(&$0.jobs, with: []) }) {
                unsafe job.runSynchronously(on: executor.asUnownedSerialExecutor())
            }
        }
    }
}
