// SPDX-License-Identifier: GPL-2.0-or-later
internal import Logging
internal import Platform
internal import TeredoPort

/// Has the kernel forget the tracked connections of ports that were closed, on a thread of its own.
///
/// A firewall that accepts what is established would let the client's peers through to the next program that binds the
/// port. Left alone are flows that are forwarded, and those of a port that a socket still has.
final class FlowForgetter: Sendable {
    private let due = Monitor<[Exposure.Endpoint]>([])
    private let log: Logger

    /// For the network namespace of the calling thread.
    init(log: Logger) throws(SystemError) {
        self.log = log
        let (sockets, flows, table) = (try SocketTable(), try FlowTable(), try AddressTable())
        // Lasts as long as the process.
        _ = try WorkerThread(name: "flows") { [self] in
            var lastError: String?
            while true {
                let endpoints = due.wait { $0.isEmpty ? nil : exchange(&$0, with: []) }
                do {
                    for endpoint in endpoints where FlowTable.isThere {
                        try Self.forget(endpoint, sockets, flows, table)
                    }
                    lastError = nil
                } catch {
                    if lastError != "\(error)" {
                        self.log.warning("connections of closed ports live on: \(error)")
                    }
                    lastError = "\(error)"
                }
            }
        }
    }

    /// Returns at once.
    func forget(_ endpoints: [Exposure.Endpoint]) {
        if !endpoints.isEmpty { due.withLock { $0 += endpoints } }
    }

    private static func forget(
        _ endpoint: Exposure.Endpoint, _ sockets: SocketTable, _ flows: FlowTable, _ table: AddressTable
    ) throws(SystemError) {
        let holders = try sockets.sockets(onPort: endpoint.port)
        if holders.contains(where: endpoint.isHeld(by:)) { return }
        let all = Set(try table.addresses().compactMap(\.ipv4))
        let local = endpoint.address.map { all.intersection([$0]) } ?? all
        for flow in try flows.flows(ofPort: endpoint.port)
        where flow.isLocal(port: endpoint.port, addresses: local) {
            try flows.forget(flow)
        }
    }
}
