// SPDX-License-Identifier: Apache-2.0
package import Platform
package import TeredoProtocol

/// The part of a client's service ports that may be open to packets from outside.
///
/// A socket opens no more than it receives: one bound to a single address opens its port for that address, one bound to
/// a loopback address nothing. A port stays closed as long as a socket of another user would receive what is let in for
/// the client's: the client runs unprivileged, and could otherwise open other programs' services by binding beside them.
/// What such packets never reach does not count (IPv6 only, loopback, another address), else any user could close the
/// port by binding beside the client.
package struct Exposure: Hashable, Sendable {
    /// A port, on every address or on one.
    package struct Endpoint: Hashable, Sendable, Comparable, CustomStringConvertible {
        /// nil for every address.
        package let address: IPv4Address?
        /// Host byte order.
        package let port: UInt16

        package init(address: IPv4Address?, port: UInt16) {
            self.address = address
            self.port = port
        }

        init(of socket: UDPSocket) {
            self.init(address: socket.address == .wildcard ? nil : socket.address, port: socket.port)
        }

        /// Whether packets to it may reach this socket.
        package func isHeld(by socket: UDPSocket) -> Bool {
            socket.port == port
                && (address == nil || socket.address == .wildcard || socket.address == address)
        }

        package static func < (left: Endpoint, right: Endpoint) -> Bool {
            (left.port, left.address?.bits ?? 0) < (right.port, right.address?.bits ?? 0)
        }

        /// "41234" or "10.9.0.1:41234"
        package var description: String { address.map { "\($0):\(port)" } ?? "\(port)" }
    }

    /// The reason for which a service port stays closed.
    package enum Reason: Hashable, Sendable, CustomStringConvertible {
        case loopback
        case reserved
        case tooMany
        /// A socket of this user would receive what is let in.
        case shared(uid: UInt32)

        /// A clause for the administrator.
        package var description: String {
            switch self {
            case .loopback: "bound to a loopback address, which packets from outside do not reach"
            case .reserved: "below \(Exposure.firstPort), a port of system services"
            case .tooMany: "more than \(Exposure.mostPorts) ports"
            case .shared(let uid): "a socket of user \(uid) would receive what the exception lets in"
            }
        }
    }

    /// A service port that stays closed.
    package struct Withheld: Hashable, Sendable {
        package let endpoint: Endpoint
        package let reason: Reason

        package init(endpoint: Endpoint, reason: Reason) {
            self.endpoint = endpoint
            self.reason = reason
        }
    }

    /// The most ports of a client that are opened: those of its oldest sockets.
    package static let mostPorts = 16
    /// Ports below are for programs that root trusts (RFC 6335 calls them system ports).
    package static let firstPort: UInt16 = 1024

    /// Ascending, each once; no single address of a port that is open on all.
    package let open: [Endpoint]
    /// Ascending by endpoint.
    package let withheld: [Withheld]

    package static let nothing = Exposure(open: [], withheld: [])

    /// Ports that another user's socket would close, or has closed: at most ``mostPorts``. Ascending.
    var shareablePorts: [UInt16] {
        let shared = withheld.filter { if case .shared = $0.reason { true } else { false } }
        return Set(open.map(\.port) + shared.map(\.endpoint.port)).sorted()
    }

    package init(open: [Endpoint], withheld: [Withheld]) {
        self.open = open
        self.withheld = withheld
    }

    /// Decides about a client's service sockets.
    ///
    /// - Parameters:
    ///   - sockets: The service sockets, the oldest first.
    ///   - holders: All sockets that receive IPv4 packets for a port, the client's among them.
    /// - Throws: what `holders` throws.
    package init<Failure: Error>(
        of sockets: [UDPSocket], holders: (UInt16) throws(Failure) -> [UDPSocket]
    ) throws(Failure) {
        var withheld: Set<Withheld> = []
        var admitted: [UInt16: [UDPSocket]] = [:]
        for socket in sockets {
            let reason: Reason? =
                if socket.address.isLoopback {
                    .loopback
                } else if socket.port < Self.firstPort {
                    .reserved
                } else if admitted[socket.port] == nil, admitted.count == Self.mostPorts {
                    .tooMany
                } else {
                    nil
                }
            if let reason {
                withheld.insert(Withheld(endpoint: Endpoint(of: socket), reason: reason))
            } else {
                admitted[socket.port, default: []].append(socket)
            }
        }
        var open: Set<Endpoint> = []
        for (port, clients) in admitted {
            let others = try holders(port)
            for client in clients {
                if let other = others.filter({ $0.isReached(beside: client) }).map(\.uid).min() {
                    withheld.insert(Withheld(endpoint: Endpoint(of: client), reason: .shared(uid: other)))
                } else {
                    open.insert(Endpoint(of: client))
                }
            }
        }
        let everywhere = Set(open.filter { $0.address == nil }.map(\.port))
        self.open = open.filter { $0.address == nil || !everywhere.contains($0.port) }.sorted()
        self.withheld = withheld.sorted { $0.endpoint < $1.endpoint }
    }
}

extension UDPSocket {
    /// Whether packets that are let in for a client's socket would reach this one, which is another user's.
    ///
    /// An exception names no interface, so that one which the client is bound to does not narrow it; the loopback
    /// interface has no packets from outside.
    fileprivate func isReached(beside client: UDPSocket) -> Bool {
        guard uid != client.uid, interface != Self.loopbackInterface else { return false }
        // Its address may be that of its peer's side, and wildcard again as soon as it has none. Only where the client
        // permits sharing can there be such a socket beside a client of all addresses.
        if !hasNoPeer, client.address == .wildcard { return true }
        if address.isLoopback { return false }
        return client.address == .wildcard || address == .wildcard || address == client.address
    }

    /// The index of `lo`, the same in every network namespace.
    private static let loopbackInterface: UInt32 = 1
}
