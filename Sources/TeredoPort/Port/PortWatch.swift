// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// A running observation of one client: the kernel's events, the newest sighting, and the followers.
///
/// Belongs to the network namespace of the thread that made it. ``start()`` gives it a thread of its own; without one,
/// ``PolledPortWatch`` steps it.
final class PortWatch: Sendable {
    struct State: Sendable {
        var sighting = Sighting.nothing
        /// Number of answers of calls that changed the sighting: a look begun before one is older than it.
        var admissions = 0
        var followers: [Dispatcher.ID: Follower] = [:]
        /// Followers whose first call has returned.
        var confirmed: Set<Dispatcher.ID> = []
        var order = Order.none
    }

    /// Requests to the thread.
    enum Order: Int, Comparable, Sendable {
        case none, look, stop
        static func < (left: Order, right: Order) -> Bool { left.rawValue < right.rawValue }
    }

    /// What follows the client, as it is at the beginning: from there on it belongs to the thread.
    let tracker: PortTracker
    let wake: any WakeSource
    let state: Monitor<State>
    /// Gives followers a turn each.
    private let schedule: @Sendable ([Dispatcher.ID]) -> Void
    private let thread = Monitor<WorkerThread?>(nil)

    /// Opens the event sources and looks once. So nothing that happens later is missed.
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

    /// What the thread is asked for, and how many answers have changed the sighting up to now.
    func takeOrder() -> (order: Order, answers: Int) {
        wake.drain()
        return state.withLock { state in
            defer { if state.order == .look { state.order = .none } }
            return (state.order, state.admissions)
        }
    }

    /// Ends the thread and waits for its end.
    func stop() {
        order(.stop)
        let ended = thread.withLock { $0.take() }
        ended?.join()
    }

    /// Asks the thread for something.
    func order(_ order: Order) {
        state.withLock { $0.order = max($0.order, order) }
        wake.signal()
    }

    /// Adds a follower, who from now on misses no change. `prepare` runs before the follower can be called, with the
    /// port that there is at the moment.
    func add(_ follower: Follower, as id: Dispatcher.ID, prepare: (UInt16?) -> Void) {
        state.withLock { state in
            let port = state.sighting.main?.port
            prepare(port)
            var follower = follower
            follower.begin(at: port)
            state.followers[id] = follower
        }
    }

    /// True when the follower waits for a first call.
    func isDueAtOnce(_ id: Dispatcher.ID) -> Bool {
        state.withLock { $0.followers[id]?.isDueAtOnce ?? false }
    }

    /// Waits until the follower's first call has returned, or the follower was removed.
    func awaitFirstCall(_ id: Dispatcher.ID) {
        state.wait { $0.confirmed.contains(id) || $0.followers[id] == nil ? () : nil }
    }

    /// Forgets a follower that the dispatcher has let go; true if it was the last.
    func remove(_ id: Dispatcher.ID) -> (follower: Follower?, isLast: Bool) {
        state.withLock { state in
            state.confirmed.remove(id)
            return (state.followers.removeValue(forKey: id), state.followers.isEmpty)
        }
    }

    /// Makes this sighting the current one and has everyone told. False when a call has answered something else since
    /// there were so many answers: then it takes another look to know what is newer.
    func publish(_ sighting: Sighting, after answers: Int) -> Bool {
        let ids = state.withLock { state -> [Dispatcher.ID]? in
            guard state.admissions == answers else { return nil }
            guard state.sighting != sighting else { return [] }
            state.sighting = sighting
            return state.followers.keys.sorted()
        }
        guard let ids else { return false }
        if !ids.isEmpty { schedule(ids) }
        return true
    }

    /// Has everyone told of what a call is about to answer: the answer has an end only for those who know of it.
    /// Looks again when it is news.
    func admit(_ answer: PortAnswer) {
        let (ids, isNews) = state.withLock { state -> ([Dispatcher.ID], Bool) in
            let answered = answer.sighting(after: state.sighting)
            let isNews = answered != state.sighting
            if isNews {
                state.sighting = answered
                state.admissions += 1
                state.order = max(state.order, .look)
            }
            for id in state.followers.keys { state.followers[id]?.keep(answered) }
            return (state.followers.keys.sorted(), isNews)
        }
        guard isNews else { return }
        schedule(ids)
        wake.signal()
    }

    /// Makes the call that is due to a follower.
    func deliver(to id: Dispatcher.ID) {
        guard let call = state.withLock({ $0.followers[id]?.nextCall($0.sighting) }) else { return }
        call()
        let isBehind = state.withLock { state in
            state.confirmed.insert(id)
            return state.followers[id]?.isBehind(state.sighting) ?? false
        }
        // One call a turn, so that no follower starves the others.
        if isBehind { schedule([id]) }
    }

    /// The next change for a follower that is only signalled, nil when there is none.
    func takeEvent(_ id: Dispatcher.ID) -> TeredoPortEvent? {
        state.withLock { $0.followers[id]?.nextEvent($0.sighting) }
    }

    /// True when there is a change to take, or something to look at.
    func hasWork(for id: Dispatcher.ID) -> Bool {
        state.withLock { state in
            var copy = state.followers[id]
            return state.order != .none || copy?.nextEvent(state.sighting) != nil
        }
    }
}
