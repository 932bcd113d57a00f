// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// What the functions of ``Teredo`` share in a process: one dispatcher, and an observer for each client.
final class SharedState: Sendable {
    private static let local = ForkLocal { SharedState() }

    /// That of this process: a forked one begins with nothing.
    static var current: SharedState { local.value }

    private struct Clients: Sendable {
        var observers: [String: PortObserver] = [:]
        var lookups: [String: PortLookup] = [:]
    }

    private let dispatcher = Dispatcher()
    private let clients = Monitor(Clients())
    let addresses: AddressObserver

    private init() { addresses = AddressObserver(dispatcher: dispatcher) }

    func observer(of user: String) -> PortObserver {
        clients.withLock { clients in
            if let observer = clients.observers[user] { return observer }
            let observer = PortObserver(of: Client(user: user), dispatcher: dispatcher)
            clients.observers[user] = observer
            return observer
        }
    }

    func lookup(of user: String) -> PortLookup {
        clients.withLock { clients in
            if let lookup = clients.lookups[user] { return lookup }
            let lookup = PortLookup(of: Client(user: user))
            clients.lookups[user] = lookup
            return lookup
        }
    }

    func rescan() {
        for observer in clients.withLock({ Array($0.observers.values) }) { observer.rescan() }
    }
}
