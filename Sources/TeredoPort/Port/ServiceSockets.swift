// SPDX-License-Identifier: Apache-2.0
package import Platform
internal import TeredoProtocol

/// The service sockets among a client's sockets, the oldest first.
package struct ServiceSockets: Hashable, Sendable {
    package let sockets: [UDPSocket]
    /// Inodes of sockets that have shown themselves to be for discovery, and stay so.
    package let discovery: Set<UInt32>

    package static let none = ServiceSockets(among: [])

    /// Picks the service sockets.
    ///
    /// - Parameters:
    ///   - all: The unconnected sockets of the client's user. Connected ones are for looking up names.
    ///   - previous: What was there at the look before.
    package init(among all: [UDPSocket], after previous: ServiceSockets? = nil) {
        let unconnected = all.filter { $0.hasNoPeer && $0.port != 0 }
        let service = unconnected.filter { $0.port != RFC4380.wellKnownPort }
        // Bound to single addresses, the port is the server's, which may run as the same user.
        let wildcard = unconnected.filter { $0.port == RFC4380.wellKnownPort && $0.address == .wildcard }
        // The discovery socket outlives the service socket by a moment, and must not pass for it then.
        discovery = Set(wildcard.map(\.inode))
            .intersection(service.isEmpty ? previous?.discovery ?? [] : Set(wildcard.map(\.inode)))
        let discovery = discovery
        sockets = (service.isEmpty ? wildcard.filter { !discovery.contains($0.inode) } : service)
            .sorted { $0.inode < $1.inode }
    }

    /// The ports, ascending, each once.
    package var ports: [UInt16] { Set(sockets.map(\.port)).sorted() }

    /// The one that stands for all: the previous one while it exists, else one with its port, else the oldest.
    package func main(after previous: UDPSocket?) -> UDPSocket? {
        guard let previous else { return sockets.first }
        return sockets.first { $0.inode == previous.inode } ?? sockets.first { $0.port == previous.port }
            ?? sockets.first
    }
}
