// SPDX-License-Identifier: GPL-2.0-or-later

/// The openings and rows that are to be in force.
public struct Openings: Hashable, Sendable {
    /// The service ports of the Teredo client that may open, ascending; empty while the client has none.
    public var service: [Opening]
    /// The ID of the client's user, to whose sockets the rule for solicitations is limited; nil while the
    /// host has no such user, and then the rule is left out.
    public var clientUser: UInt32?
    /// True to let local discovery in: 224.0.0.253, UDP 3544 (RFC 4380, 5.2.8).
    public var multicast: Bool
    /// True to let IGMP in and out.
    public var igmp: Bool
    /// The tunnel interfaces from which unsolicited IPv6 packets are dropped; empty without the guard.
    public var guardedInterfaces: [String]

    /// The ports of ``service``, ascending, without repetition, in host byte order.
    public var ports: [UInt16] { Set(service.map(\.port)).sorted() }

    public init(
        service: [Opening], clientUser: UInt32?, multicast: Bool = true, igmp: Bool = false,
        guardedInterfaces: [String] = []
    ) {
        self.service = service.sorted()
        self.clientUser = clientUser
        self.multicast = multicast
        self.igmp = igmp
        self.guardedInterfaces = guardedInterfaces
    }

    /// Openings of ports on every address.
    public init(ports: [UInt16], clientUser: UInt32?, multicast: Bool = true, igmp: Bool = false) {
        self.init(
            service: ports.map { Opening($0) }, clientUser: clientUser, multicast: multicast, igmp: igmp)
    }
}
