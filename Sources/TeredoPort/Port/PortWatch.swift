// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// Watches one client: has the newest sighting and the followers, which it notifies of changes.
///
/// Belongs to the network namespace of the thread that created it. ``start()`` gives it a thread of its own;
/// without one, ``PolledPortWatch`` drives it.
final class PortWatch: SharedWatch {
    struct State: Sendable {
        var sighting = Sighting.nothing
        /// The number of answers that changed the sighting: a look that began before such an answer is older
        /// than the answer.
        var changingAnswers = 0
        var followers: [Dispatcher.ID: Follower] = [:]
        /// The followers whose first call has returned.
        var firstCallReturned: Set<Dispatcher.ID> = []
        var request = Request.none
    }

    /// Requests to the thread, in ascending order of precedence.
    enum Request: Int, Comparable, Sendable {
        case none, look, stop
        static func < (left: Request, right: Request) -> Bool { left.rawValue < right.rawValue }
    }

    /// The tracker in its initial state; from then on the thread has its own copy.
    let tracker: PortTracker
    let wake: any WakeSource
    let state: Monitor<State>
    /// Gives each of the followers a turn.
    private let schedule: @Sendable ([Dispatcher.ID]) -> Void
    private let thread = Monitor<WorkerThread?>(nil)

    /// Opens the event sources, then looks once, so that no later change is missed.
    init(
        of client: TeredoClient, memory: ClientMemory, wake: any WakeSource,
        schedule: @escaping @Sendable ([Dispatcher.ID]) -> Void
    ) throws(SystemError) {
        self.wake = wake
        self.schedule = schedule
        tracker = try PortTracker(of: client, memory: memory)
        state = Monitor(State(sighting: tracker.sighting))
    }

    /// Starts the thread that waits for events and looks.
    func start() throws(SystemError) {
        let started = try WorkerThread(name: "teredo-observer") { [self] in
            var loop = PortWatchLoop(self)
            loop.run()
        }
        thread.withLock { $0 = started }
    }

    /// Takes the request to the thread, and returns it with the number of answers so far that changed the
    /// sighting. A request to stop stays in force.
    func takeRequest() -> (request: Request, answers: Int) {
        wake.drain()
        return state.withLock { state in
            defer { if state.request == .look { state.request = .none } }
            return (state.request, state.changingAnswers)
        }
    }

    /// Ends the thread and waits for its end.
    func stop() {
        request(.stop)
        let ended = thread.withLock { $0.take() }
        ended?.join()
    }

    /// Sends the thread a request.
    func request(_ request: Request) {
        state.withLock { $0.request = max($0.request, request) }
        wake.signal()
    }

    /// Adds a follower, which misses no change from now on. `prepare` is called with the present port, before
    /// the follower can be called.
    func add(_ follower: Follower, as id: Dispatcher.ID, prepare: (UInt16?) -> Void) {
        state.withLock { state in
            let port = state.sighting.main?.port
            prepare(port)
            var follower = follower
            follower.begin(at: port)
            state.followers[id] = follower
        }
    }

    /// True when the follower needs a first call.
    func isDueAtOnce(_ id: Dispatcher.ID) -> Bool {
        state.withLock { $0.followers[id]?.isDueAtOnce ?? false }
    }

    /// Waits until the follower's first call has returned or the follower was removed.
    func awaitFirstCall(_ id: Dispatcher.ID) {
        state.wait { $0.firstCallReturned.contains(id) || $0.followers[id] == nil ? () : nil }
    }

    /// Removes a follower that the dispatcher has released; `isLast` is true if none is left.
    func remove(_ id: Dispatcher.ID) -> (follower: Follower?, isLast: Bool) {
        state.withLock { state in
            state.firstCallReturned.remove(id)
            return (state.followers.removeValue(forKey: id), state.followers.isEmpty)
        }
    }

    /// Publishes a sighting and schedules all followers. Returns false if the number of answers that changed
    /// the sighting is no longer `answers`: then another look is needed, since the sighting may be older
    /// than the last answer.
    func publish(_ sighting: Sighting, after answers: Int) -> Bool {
        let ids = state.withLock { state -> [Dispatcher.ID]? in
            guard state.changingAnswers == answers else { return nil }
            guard state.sighting != sighting else { return [] }
            state.sighting = sighting
            return state.followers.keys.sorted()
        }
        guard let ids else { return false }
        if !ids.isEmpty { schedule(ids) }
        return true
    }

    /// Notifies all followers of an answer that a call is about to return: only a follower that knows of a
    /// port's beginning can be notified of the port's end. Requests a look if the answer changes the sighting.
    func notifyOfAnswer(_ answer: PortAnswer) {
        let (ids, isChanged) = state.withLock { state -> ([Dispatcher.ID], Bool) in
            let new = answer.sighting(after: state.sighting)
            let isChanged = new != state.sighting
            if isChanged {
                state.sighting = new
                state.changingAnswers += 1
                state.request = max(state.request, .look)
            }
            for id in state.followers.keys { state.followers[id]?.ensureReported(new) }
            return (state.followers.keys.sorted(), isChanged)
        }
        guard isChanged else { return }
        schedule(ids)
        wake.signal()
    }

    /// Makes the call that is due to a follower.
    func deliver(to id: Dispatcher.ID) {
        guard let call = state.withLock({ $0.followers[id]?.nextCall($0.sighting) }) else { return }
        call()
        let isBehind = state.withLock { state in
            state.firstCallReturned.insert(id)
            return state.followers[id]?.isBehind(state.sighting) ?? false
        }
        // One call in each turn, so that no follower delays the others for long.
        if isBehind { schedule([id]) }
    }

    /// The next change for a follower that is only signalled; nil when there is none.
    func takeEvent(_ id: Dispatcher.ID) -> TeredoPortEvent? {
        state.withLock { $0.followers[id]?.nextEvent($0.sighting) }
    }

    /// True when there is a change to take, or a request.
    func hasWork(for id: Dispatcher.ID) -> Bool {
        state.withLock { state in
            var copy = state.followers[id]
            return state.request != .none || copy?.nextEvent(state.sighting) != nil
        }
    }
}
