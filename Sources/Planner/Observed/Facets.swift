// SPDX-License-Identifier: GPL-2.0-or-later

/// The properties of a packet that a condition can depend on.
struct Facets: OptionSet, Hashable {
    let rawValue: UInt16

    /// The address family: IPv4 rather than IPv6.
    static let family = Facets(rawValue: 1 << 0)
    /// The protocol of the transport layer.
    static let transport = Facets(rawValue: 1 << 1)
    static let interface = Facets(rawValue: 1 << 2)
    /// The connection state: new or untracked, which is the same for all packets of a class.
    static let state = Facets(rawValue: 1 << 3)
    /// The receiver: packet type, address type, destination of an incoming packet.
    static let receiver = Facets(rawValue: 1 << 4)
    static let port = Facets(rawValue: 1 << 5)
    /// The local user that sends the packet.
    static let user = Facets(rawValue: 1 << 6)
    /// The address of the remote host.
    static let peer = Facets(rawValue: 1 << 7)
    /// The rate of packets, or a random choice.
    static let rate = Facets(rawValue: 1 << 8)
    /// A mark, or another property that this host gives to selected packets: their control group, or IPsec.
    static let mark = Facets(rawValue: 1 << 9)
    /// Length, time to live, time of day and the like.
    static let ordinary = Facets(rawValue: 1 << 10)
    /// The existence of a route back to the remote host.
    static let route = Facets(rawValue: 1 << 11)
    /// Any other property, or one that is not understood.
    static let other = Facets(rawValue: 1 << 12)
    /// The port, in a condition that all ports but a few fulfil.
    static let mostPorts = Facets(rawValue: 1 << 13)

    static let all = Facets(rawValue: .max)
}

/// The result of a condition for the packets of a class.
enum Truth: Hashable {
    case no
    /// True for some packets of the class, but not for a stranger's.
    case unlikely
    /// True for some packets of the class, a stranger's among them.
    case likely
    case yes

    /// The result for a stranger's packet, which no condition singles out.
    var forStranger: Bool { self == .likely || self == .yes }

    var inverted: Truth {
        switch self {
        case .no: .yes
        case .unlikely: .likely
        case .likely: .unlikely
        case .yes: .no
        }
    }

    /// The conjunction of both conditions.
    func and(_ other: Truth) -> Truth {
        if self == .no || other == .no { return .no }
        if self == .yes { return other }
        if other == .yes { return self }
        return forStranger && other.forStranger ? .likely : .unlikely
    }
}
