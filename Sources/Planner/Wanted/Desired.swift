// SPDX-License-Identifier: GPL-2.0-or-later

/// What shall be open now.
public struct Openings: Hashable, Sendable {
    /// The service ports of the Teredo client, ascending, host byte order; empty while it has none.
    public var ports: [UInt16]
    /// The client's user, by whose sockets the standing output rule is narrowed; nil while the host has no
    /// such user, and then that rule is left out.
    public var clientUser: UInt32?
    /// Local discovery: 224.0.0.253, UDP 3544 (RFC 4380, 5.2.8).
    public var multicast: Bool
    /// IGMP in and out.
    public var igmp: Bool

    public init(ports: [UInt16], clientUser: UInt32?, multicast: Bool = true, igmp: Bool = false) {
        self.ports = ports
        self.clientUser = clientUser
        self.multicast = multicast
        self.igmp = igmp
    }
}

/// How far the administrator lets us go.
public struct Policy: Hashable, Sendable {
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Own table and every default-deny chain.
        case auto
        /// Own table only.
        case ownTable = "own-table"
        /// Say what would be done, do nothing.
        case report
    }

    public enum Position: String, Hashable, Sendable, CaseIterable {
        /// Just before the chain's default.
        case `default`
        /// At the head of the chain.
        case first
    }

    public var mode: Mode
    public var position: Position
    /// Tables or chains left alone: "inet mytable", "ip filter INPUT".
    public var exclude: [String]
    /// Kill switches that get exceptions all the same, in the same words.
    public var pierce: [String]
    /// How long an opening lives without renewal.
    public var lease: Duration

    public init(
        mode: Mode = .auto, position: Position = .default, exclude: [String] = [],
        pierce: [String] = [],
        lease: Duration = .seconds(180)
    ) {
        self.mode = mode
        self.position = position
        self.exclude = exclude
        self.pierce = pierce
        self.lease = lease
    }
}
