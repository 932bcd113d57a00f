// SPDX-License-Identifier: Apache-2.0
package import Platform
package import TeredoProtocol

/// The service ports of a client that may be opened to packets from outside.
///
/// A port is opened only as far as its socket receives: for a socket bound to a single address only on that
/// address, for one bound to a loopback address not at all. A port also stays closed while a socket of
/// another user would receive packets that are let in for the client. Otherwise the client, which runs
/// unprivileged, could open the services of other programs by binding beside them. Sockets that such packets
/// never reach do not count (IPv6 only, loopback, another address). Otherwise any user could close the port
/// by binding beside the client.
package struct Exposure: Hashable, Sendable {
    /// A port, on all addresses or on one.
    package struct Endpoint: Hashable, Sendable, Comparable, CustomStringConvertible {
        /// The address; nil for all addresses.
        package let address: IPv4Address?
        /// The port, in host byte order.
        package let port: UInt16

        package init(address: IPv4Address?, port: UInt16) {
            self.address = address
            self.port = port
        }

        init(of socket: UDPSocket) {
            self.init(address: socket.address == .wildcard ? nil : socket.address, port: socket.port)
        }

        /// True if packets to the endpoint may reach this socket.
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

    /// The reason why a service port stays closed.
    package enum Reason: Hashable, Sendable, CustomStringConvertible {
        case loopback
        /// The port is below ``Exposure/firstPort``.
        case reserved
        /// The client has ``Exposure/mostPorts`` older ports.
        case tooMany
        /// A socket of this user would receive packets that are let in.
        case shared(uid: UInt32)

        /// The reason, as a clause for the administrator.
        package var description: String {
            switch self {
            case .loopback: "bound to a loopback address, which packets from outside do not reach"
            case .reserved: "below \(Exposure.firstPort), a port of system services"
            case .tooMany: "the client has more than \(Exposure.mostPorts) ports, and only the oldest open"
            case .shared(let uid):
                "a socket of user \(uid) would receive what the exception lets in (see ss -uanp)"
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

    /// The maximum number of ports of a client that are opened: those of its oldest sockets.
    package static let mostPorts = 16
    /// The lowest port that is opened. Those below are for programs that root trusts (system ports in RFC
    /// 6335).
    package static let firstPort: UInt16 = 1024

    /// The endpoints that may be opened, ascending, without repetition. A port that is open on all addresses
    /// is not repeated for single ones.
    package let open: [Endpoint]
    /// The endpoints that stay closed, ascending.
    package let withheld: [Withheld]

    package static let nothing = Exposure(open: [], withheld: [])

    /// The ports that a socket of another user would close or has closed, ascending; at most ``mostPorts``.
    var shareablePorts: [UInt16] {
        let shared = withheld.filter { if case .shared = $0.reason { true } else { false } }
        return Set(open.map(\.port) + shared.map(\.endpoint.port)).sorted()
    }

    package init(open: [Endpoint], withheld: [Withheld]) {
        self.open = open
        self.withheld = withheld
    }

    /// Decides which of a client's service sockets may be opened.
    ///
    /// - Parameters:
    ///   - sockets: The service sockets, the oldest first.
    ///   - holders: Returns all sockets, of any user, that receive IPv4 packets for a port.
    /// - Throws: The error of `holders`.
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
    /// True if packets that are let in for a client's socket would reach this socket of another user.
    ///
    /// Exceptions name no interface, so that the interface which the client's socket is bound to does not
    /// matter. No packets from outside arrive on loopback.
    fileprivate func isReached(beside client: UDPSocket) -> Bool {
        guard uid != client.uid, interface != Self.loopbackInterface else { return false }
        // The address of a connected socket may be the one chosen by connect, and becomes the wildcard when
        // it disconnects. Such a socket can exist beside a client's socket on all addresses only if the
        // client permits sharing.
        if !hasNoPeer, client.address == .wildcard { return true }
        if address.isLoopback { return false }
        return client.address == .wildcard || address == .wildcard || address == client.address
    }

    /// The index of `lo`, the same in all network namespaces.
    private static let loopbackInterface: UInt32 = 1
}
