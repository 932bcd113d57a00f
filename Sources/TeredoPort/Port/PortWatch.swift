// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// A running observation of one client: the kernel's events, the newest sighting, and the followers.
///
/// Belongs to the network namespace of the thread that made it. ``start()`` gives it a thread of its own; without one,
/// ``PolledPortWatch`` steps it.
final class PortWatch: Sendable {
    struct State: Sendable {
        var sighting = Sighting.nothing
        /// How many answers of calls have changed the sighting: a look begun before one is older than it.
        var admissions = 0
        var followers: [Dispatcher.ID: Follower] = [:]
        /// Followers whose first call has returned.
        var confirmed: Set<Dispatcher.ID> = []
        var order = Order.none
        /// The last look, if it found no client.
        var emptiness: Emptiness?
    }

    /// That a user had no sockets, and what was counted before it was found.
    struct Emptiness: Sendable {
        let uid: UInt32
        let count: SocketArrivals.Count
    }

    /// What the thread is asked for from outside.
    enum Order: Int, Comparable, Sendable {
        case none, look, stop
        static func < (left: Order, right: Order) -> Bool { left.rawValue < right.rawValue }
    }

    /// A sighting, and which answers it takes into account.
    struct Look: Sendable {
        let sighting: Sighting
        fileprivate let admissions: Int
    }

    let client: TeredoClient
    let memory: ClientMemory
    /// Kept open only where the calling threads may be in other namespaces.
    private let table: SocketTable?
    private let arrivals: SocketArrivals?
    let destroyEvents: SocketDestroyEvents
    let links: LinkEvents
    let wake: any WakeSource
    let state = Monitor(State())
    /// Gives followers a turn each.
    private let schedule: @Sendable ([Dispatcher.ID]) -> Void
    private let thread = Monitor<WorkerThread?>(nil)

    /// Opens the event sources and looks once. So nothing that happens later is missed.
    init(
        of client: TeredoClient, memory: ClientMemory, wake: any WakeSource, isPolled: Bool = false,
        schedule: @escaping @Sendable ([Dispatcher.ID]) -> Void
    ) throws(SystemError) {
        self.client = client
        self.memory = memory
        self.wake = wake
        self.schedule = schedule
        destroyEvents = try SocketDestroyEvents()
        links = try LinkEvents()
        table = isPolled ? try SocketTable() : nil
        // Without it there is the long way.
        arrivals = isPolled ? nil : try? SocketArrivals()
        // A user database that cannot be read is asked again later, like a user who does not exist yet.
        let found = try look(uid: (try? memory.uid(of: client)) ?? nil)
        memory.remember(found.sighting)
        state.withLock { $0.sighting = found.sighting }
    }

    /// Starts the thread that waits for events and looks.
    func start() throws(SystemError) {
        let started = try WorkerThread(name: "teredo-observer") { [self] in
            var loop = PortWatchLoop(self)
            loop.run()
        }
        thread.withLock { $0 = started }
    }

    /// Looks at the client's sockets, knowing which one was named last, here or by a lookup.
    func look(uid: UInt32?) throws(SystemError) -> Look {
        let admissions = state.withLock { $0.admissions }
        let count = arrivals?.count()
        let table = if let table { table } else { try SocketTable() }
        let sighting = try Sighting(of: client, uid: uid, in: table, after: memory.sighting)
        remember(emptiness: sighting.main == nil ? count : nil, ofUser: uid)
        return Look(sighting: sighting, admissions: admissions)
    }

    /// What is counted before a look of somebody else, to be remembered if that finds no client.
    func arrivalCount() -> SocketArrivals.Count? { arrivals?.count() }

    /// Remembers that a look found no client, or that the last one did find it.
    func remember(emptiness count: SocketArrivals.Count?, ofUser uid: UInt32?) {
        state.withLock { state in
            state.emptiness = nil
            if let count, let uid { state.emptiness = Emptiness(uid: uid, count: count) }
        }
    }

    /// True when the last look found no client, and no socket was bound since then.
    func knowsNoClient(ofUser uid: UInt32) -> Bool {
        guard let emptiness = state.withLock({ $0.emptiness }), emptiness.uid == uid else { return false }
        return arrivals?.mayHaveArrived(since: emptiness.count) == false
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

    /// Forgets a follower, whom the dispatcher has let go, and says whether he was the last.
    func remove(_ id: Dispatcher.ID) -> (follower: Follower?, isLast: Bool) {
        state.withLock { state in
            state.confirmed.remove(id)
            return (state.followers.removeValue(forKey: id), state.followers.isEmpty)
        }
    }

    /// Makes a look's sighting the current one and has everyone told. False when a call has answered something else
    /// since the look began: then it takes another look to know what is newer.
    func publish(_ look: Look) -> Bool {
        let ids = state.withLock { state -> [Dispatcher.ID]? in
            guard state.admissions == look.admissions else { return nil }
            guard state.sighting != look.sighting else { return [] }
            state.sighting = look.sighting
            return state.followers.keys.sorted()
        }
        guard let ids else { return false }
        memory.remember(look.sighting)
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
