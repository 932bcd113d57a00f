// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// A running observation of one client: the kernel's events, the thread that waits for them, and the followers.
///
/// Belongs to the network namespace of the thread that made it.
final class PortWatch: Sendable {
    struct State: Sendable {
        var sighting = Sighting.nothing
        var followers: [Dispatcher.ID: Follower] = [:]
        /// Followers whose first call has returned.
        var confirmed: Set<Dispatcher.ID> = []
        var order = Order.none
    }

    /// What the thread is asked for from outside.
    enum Order: Int, Comparable, Sendable {
        case none, look, stop
        static func < (left: Order, right: Order) -> Bool { left.rawValue < right.rawValue }
    }

    let client: TeredoClient
    let memory: ClientMemory
    let dispatcher: Dispatcher
    let table: SocketTable
    let destroyEvents: SocketDestroyEvents
    let links: LinkEvents
    let wake: WakeUp
    let state = Monitor(State())
    private let thread = Monitor<WorkerThread?>(nil)

    /// Opens the event sources, looks once and starts the thread. So nothing that happens later is missed.
    init(of client: TeredoClient, memory: ClientMemory, dispatcher: Dispatcher) throws(SystemError) {
        self.client = client
        self.memory = memory
        self.dispatcher = dispatcher
        destroyEvents = try SocketDestroyEvents()
        links = try LinkEvents()
        wake = try WakeUp()
        table = try SocketTable()
        // A user database that cannot be read is asked again later, like a user who does not exist yet.
        let uid = (try? client.uid()) ?? nil
        let sighting = try look(uid: uid)
        state.withLock { $0.sighting = sighting }
        let started = try WorkerThread(name: "teredo-observer") { [self] in
            var loop = PortWatchLoop(self, uid: uid)
            loop.run()
        }
        thread.withLock { $0 = started }
    }

    /// Looks at the client's sockets, knowing which one was named last, here or by a lookup.
    func look(uid: UInt32?) throws(SystemError) -> Sighting {
        let sighting = try Sighting(of: client, uid: uid, in: table, after: memory.sighting)
        memory.remember(sighting)
        return sighting
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

    /// Adds a follower, who from now on misses no change, and answers what there is at the moment.
    func add(_ follower: Follower) throws(SystemError) -> (id: Dispatcher.ID, port: UInt16?) {
        let id = try dispatcher.enlist { [self] id in deliver(to: id) }
        let port = state.withLock { state in
            let port = state.sighting.main?.port
            if case .port(_, let awaitsInitial, let tell) = follower {
                state.followers[id] = .port(told: port, awaitsInitial: awaitsInitial, tell: tell)
            } else {
                state.followers[id] = follower
            }
            return port
        }
        return (id, port)
    }

    /// Calls a new follower for the first time and waits until the call has returned.
    func confirm(_ id: Dispatcher.ID) {
        guard state.withLock({ $0.followers[id]?.isDueAtOnce ?? false }) else { return }
        if dispatcher.deliverHere(id) { return }
        dispatcher.schedule([id])
        state.wait { $0.confirmed.contains(id) ? () : nil }
    }

    /// Forgets a follower, whom the dispatcher has let go, and says whether he was the last.
    func remove(_ id: Dispatcher.ID) -> (follower: Follower?, isLast: Bool) {
        state.withLock { state in
            state.confirmed.remove(id)
            return (state.followers.removeValue(forKey: id), state.followers.isEmpty)
        }
    }

    /// Makes a sighting the current one and has everyone told.
    func publish(_ sighting: Sighting) {
        let ids = state.withLock { state -> [Dispatcher.ID] in
            guard state.sighting != sighting else { return [] }
            state.sighting = sighting
            return state.followers.keys.sorted()
        }
        if !ids.isEmpty { dispatcher.schedule(ids) }
    }

    private func deliver(to id: Dispatcher.ID) {
        guard let call = state.withLock({ $0.followers[id]?.nextCall($0.sighting) }) else { return }
        call()
        let isBehind = state.withLock { state in
            state.confirmed.insert(id)
            guard var follower = state.followers[id] else { return false }
            return follower.nextCall(state.sighting) != nil
        }
        // One call a turn, so that everybody has his.
        if isBehind { dispatcher.schedule([id]) }
    }
}
