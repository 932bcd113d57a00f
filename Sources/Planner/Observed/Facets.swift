// SPDX-License-Identifier: GPL-2.0-or-later

/// The properties of a packet that conditions are about.
struct Facets: OptionSet, Hashable {
    let rawValue: UInt16

    /// IPv4 rather than IPv6.
    static let family = Facets(rawValue: 1 << 0)
    static let transport = Facets(rawValue: 1 << 1)
    static let interface = Facets(rawValue: 1 << 2)
    /// New, or untracked, as every packet of a class is.
    static let state = Facets(rawValue: 1 << 3)
    /// Whom it is for: packet type, address type, destination of an incoming packet.
    static let audience = Facets(rawValue: 1 << 4)
    static let port = Facets(rawValue: 1 << 5)
    /// The user that sends it.
    static let user = Facets(rawValue: 1 << 6)
    /// The other host.
    static let peer = Facets(rawValue: 1 << 7)
    /// The rate of packets.
    static let rate = Facets(rawValue: 1 << 8)
    static let mark = Facets(rawValue: 1 << 9)
    /// Length, time to live, time of day and the like.
    static let ordinary = Facets(rawValue: 1 << 10)
    /// Whether there is a way back to the other host.
    static let route = Facets(rawValue: 1 << 11)
    /// Anything else, or not understood.
    static let other = Facets(rawValue: 1 << 12)
}

/// Whether a condition is fulfilled by the packets of a class.
enum Truth: Hashable {
    case no
    /// By some, and not by a stranger among them.
    case unlikely
    /// By some, and by a stranger among them.
    case likely
    case yes

    /// Its value for a stranger, whom nothing singles out.
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
