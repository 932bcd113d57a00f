// SPDX-License-Identifier: Apache-2.0
package import Platform
internal import TeredoProtocol

/// The service sockets of a client, the oldest first.
package struct ServiceSockets: Hashable, Sendable {
    package let sockets: [UDPSocket]
    /// The inodes of sockets that were recognised as discovery sockets; these stay discovery sockets.
    package let discovery: Set<UInt32>

    package static let none = ServiceSockets(among: [])

    /// Selects the service sockets.
    ///
    /// - Parameters:
    ///   - all: The sockets of the client's user. Connected ones are ignored: the client uses them to resolve
    ///     names.
    ///   - previous: The result of the previous look.
    package init(among all: [UDPSocket], after previous: ServiceSockets? = nil) {
        let unconnected = all.filter { $0.hasNoPeer && $0.port != 0 }
        let service = unconnected.filter { $0.port != RFC4380.wellKnownPort }
        // On a single address, UDP 3544 belongs to a Teredo server, which may run as the same user.
        let wildcard = unconnected.filter { $0.port == RFC4380.wellKnownPort && $0.address == .wildcard }
        let wildcardInodes = Set(wildcard.map(\.inode))
        // A discovery socket may outlive the service socket for a moment, and must not become a service socket
        // then.
        let discovery =
            service.isEmpty ? wildcardInodes.intersection(previous?.discovery ?? []) : wildcardInodes
        self.discovery = discovery
        sockets = (service.isEmpty ? wildcard.filter { !discovery.contains($0.inode) } : service)
            .sorted { $0.inode < $1.inode }
    }

    /// The ports, ascending, without repetition.
    package var ports: [UInt16] { Set(sockets.map(\.port)).sorted() }

    /// The socket of the main port: the previous one if it exists, else one with its port, else the oldest.
    package func main(after previous: UDPSocket?) -> UDPSocket? {
        guard let previous else { return sockets.first }
        return sockets.first { $0.inode == previous.inode } ?? sockets.first { $0.port == previous.port }
            ?? sockets.first
    }
}
