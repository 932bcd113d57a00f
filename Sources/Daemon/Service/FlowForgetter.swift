// SPDX-License-Identifier: GPL-2.0-or-later
internal import Logging
internal import Platform
internal import TeredoPort

/// Deletes the tracked connections of closed ports, on a thread of its own.
///
/// Otherwise a firewall that accepts established connections would let the client's peers reach the next
/// program that binds the port. Forwarded connections, and those of a port that still has a socket, are kept.
final class FlowForgetter: Sendable {
    private let queue = Monitor<[Exposure.Endpoint]>([])
    private let log: Logger

    /// Starts the thread, in the network namespace of the calling thread. It runs as long as the process.
    init(log: Logger) throws(SystemError) {
        self.log = log
        let (sockets, flows, table) = (try SocketTable(), try FlowTable(), try AddressTable())
        // The thread is never ended.
        _ = try WorkerThread(name: "flows") { [self] in
            var lastError: String?
            while true {
                let endpoints = queue.wait { $0.isEmpty ? nil : exchange(&$0, with: []) }
                do {
                    for endpoint in endpoints where FlowTable.isAvailable {
                        try Self.forget(endpoint, sockets, flows, table)
                    }
                    lastError = nil
                } catch {
                    if lastError != "\(error)" {
                        self.log.warning("connections of closed ports are not deleted: \(error)")
                    }
                    lastError = "\(error)"
                }
            }
        }
    }

    /// Queues endpoints whose connections are to be deleted; returns at once.
    func forget(_ endpoints: [Exposure.Endpoint]) {
        if !endpoints.isEmpty { queue.withLock { $0 += endpoints } }
    }

    private static func forget(
        _ endpoint: Exposure.Endpoint, _ sockets: SocketTable, _ flows: FlowTable, _ table: AddressTable
    ) throws(SystemError) {
        // A listing walks the kernel's table for all namespaces: avoid it if this one has no connection.
        if try flows.count() == 0 { return }
        let holders = try sockets.sockets(onPort: endpoint.port)
        if holders.contains(where: endpoint.isHeld(by:)) { return }
        let ownAddresses = Set(try table.addresses().compactMap(\.ipv4))
        let addresses = endpoint.address.map { ownAddresses.intersection([$0]) } ?? ownAddresses
        for flow in try flows.flows(ofPort: endpoint.port)
        where flow.isLocal(port: endpoint.port, addresses: addresses) {
            try flows.forget(flow)
        }
    }
}
