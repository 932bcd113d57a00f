// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// What the functions of ``Teredo`` share in a process: one dispatcher, and an observer for each client.
final class SharedState: Sendable {
    private static let local = ForkLocal { SharedState() }

    /// That of this process: a forked one begins with nothing.
    static var current: SharedState { local.value }

    private struct Clients: Sendable {
        var observers: [Client: PortObserver] = [:]
        var lookups: [Client: PortLookup] = [:]
    }

    private let dispatcher = Dispatcher()
    private let clients = Monitor(Clients())
    let addresses: AddressObserver

    private init() { addresses = AddressObserver(dispatcher: dispatcher) }

    func observer(of client: Client) -> PortObserver {
        clients.withLock { clients in
            if let observer = clients.observers[client] { return observer }
            let observer = PortObserver(of: client, dispatcher: dispatcher)
            clients.observers[client] = observer
            return observer
        }
    }

    func lookup(of client: Client) -> PortLookup {
        clients.withLock { clients in
            if let lookup = clients.lookups[client] { return lookup }
            let lookup = PortLookup(of: client)
            clients.lookups[client] = lookup
            return lookup
        }
    }

    func rescan() {
        for observer in clients.withLock({ Array($0.observers.values) }) { observer.rescan() }
    }
}
