// SPDX-License-Identifier: GPL-2.0-or-later

/// The wanted openings.
public struct Openings: Hashable, Sendable {
    /// The service ports of the Teredo client that may be open, ascending; empty while it has none.
    public var service: [Opening]
    /// The client's user, by whose sockets the standing output rule is narrowed; nil while the host has no
    /// such user, and then that rule is left out.
    public var clientUser: UInt32?
    /// Local discovery: 224.0.0.253, UDP 3544 (RFC 4380, 5.2.8).
    public var multicast: Bool
    /// IGMP in and out.
    public var igmp: Bool
    /// The interfaces out of which unsolicited IPv6 packets are dropped; none without the guard.
    public var guardedInterfaces: [String]

    /// The ports of ``service``, ascending, each once, host byte order.
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

    /// The same with ports that are open on every address.
    public init(ports: [UInt16], clientUser: UInt32?, multicast: Bool = true, igmp: Bool = false) {
        self.init(
            service: ports.map { Opening($0) }, clientUser: clientUser, multicast: multicast, igmp: igmp)
    }
}
