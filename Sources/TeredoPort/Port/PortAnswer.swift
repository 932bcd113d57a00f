// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// The answer that a call is about to return, for notifying watches.
enum PortAnswer: Sendable {
    /// The socket with the main port. The other sockets were not looked at.
    case port(UDPSocket)
    /// All ports.
    case ports(Sighting)

    /// The sighting with this answer, given an earlier one.
    func sighting(after known: Sighting) -> Sighting {
        switch self {
        case .ports(let sighting): return sighting
        case .port(let socket):
            guard known.main?.port != socket.port else { return known }
            let others = known.service.sockets.filter { $0.inode != socket.inode }
            return Sighting(service: ServiceSockets(among: others + [socket]), main: socket)
        }
    }
}
