// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The objects that the functions of ``Teredo`` share in a process: one dispatcher and, for each network
/// namespace, an observer and a lookup for each client and an observer of addresses.
final class SharedState: Sendable {
    private struct ClientInNamespace: Hashable, Sendable {
        let client: TeredoClient
        /// The inode of the network namespace.
        let namespace: UInt64

        /// The client in the network namespace of the calling thread. Without /proc, all namespaces count as
        /// one.
        init(of client: TeredoClient) {
            self.client = client
            namespace = SharedState.namespace
        }
    }

    /// The objects of one client in one network namespace.
    private struct ClientState: Sendable {
        let observer: PortObserver
        let lookup: PortLookup

        init(of client: TeredoClient, dispatcher: Dispatcher) {
            let memory = ClientMemory()
            observer = PortObserver(of: client, dispatcher: dispatcher, memory: memory)
            lookup = PortLookup(of: client, memory: memory, observer: observer)
        }
    }

    private static let local = ForkLocal { SharedState() }

    /// The state of this process; a forked process begins with an empty one.
    static var current: SharedState {
        get throws(TeredoError) { try local.ownValue }
    }

    /// The inode of the calling thread's network namespace; 0 without /proc.
    private static var namespace: UInt64 { Files.inode("/proc/thread-self/ns/net") ?? 0 }

    private let dispatcher = Dispatcher()
    private let clients = Monitor<[ClientInNamespace: ClientState]>([:])
    /// The observers of addresses, by the inode of the network namespace.
    private let addressObservers = Monitor<[UInt64: AddressObserver]>([:])

    func observer(of client: TeredoClient) -> PortObserver { state(of: client).observer }

    func lookup(of client: TeredoClient) -> PortLookup { state(of: client).lookup }

    var addressObserver: AddressObserver {
        let namespace = Self.namespace
        return addressObservers.withLock { observers in
            if let observer = observers[namespace] { return observer }
            let observer = AddressObserver(dispatcher: dispatcher)
            observers[namespace] = observer
            return observer
        }
    }

    func rescan() {
        for state in clients.withLock({ Array($0.values) }) { state.observer.rescan() }
    }

    private func state(of client: TeredoClient) -> ClientState {
        let key = ClientInNamespace(of: client)
        return clients.withLock { clients in
            if let state = clients[key] { return state }
            let state = ClientState(of: client, dispatcher: dispatcher)
            clients[key] = state
            return state
        }
    }
}
