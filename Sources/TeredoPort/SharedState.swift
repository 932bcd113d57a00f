// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// What the functions of ``Teredo`` share in a process: one dispatcher, and for each client an observer and a lookup.
final class SharedState: Sendable {
    private struct Parts: Sendable {
        let observer: PortObserver
        let lookup: PortLookup

        init(of client: Client, dispatcher: Dispatcher) {
            let memory = ClientMemory()
            observer = PortObserver(of: client, dispatcher: dispatcher, memory: memory)
            lookup = PortLookup(of: client, memory: memory)
        }
    }

    private static let local = ForkLocal { SharedState() }

    /// That of this process: a forked one begins with nothing.
    static var current: SharedState { local.value }

    let addresses: AddressObserver
    private let dispatcher = Dispatcher()
    private let clients = Monitor<[Client: Parts]>([:])

    private init() { addresses = AddressObserver(dispatcher: dispatcher) }

    func observer(of client: Client) -> PortObserver { parts(of: client).observer }

    func lookup(of client: Client) -> PortLookup { parts(of: client).lookup }

    func rescan() {
        for parts in clients.withLock({ Array($0.values) }) { parts.observer.rescan() }
    }

    private func parts(of client: Client) -> Parts {
        clients.withLock { clients in
            if let parts = clients[client] { return parts }
            let parts = Parts(of: client, dispatcher: dispatcher)
            clients[client] = parts
            return parts
        }
    }
}
