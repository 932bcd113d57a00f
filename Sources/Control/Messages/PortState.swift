// SPDX-License-Identifier: GPL-2.0-or-later

/// The Teredo client's service port: the answer of `GetPort`.
public struct PortState: Codable, Hashable, Sendable {
    /// True when the client has a port.
    public var ready: Bool
    /// All ports of the client, ascending; usually one.
    public var ports: [UInt16]
    /// The service port; nil while there is none.
    public var port: UInt16?
    /// The inode of the network namespace that the daemon serves.
    public var networkNamespace: UInt64?

    public init(ready: Bool, ports: [UInt16], port: UInt16? = nil, networkNamespace: UInt64? = nil) {
        self.networkNamespace = networkNamespace
        self.ready = ready
        self.ports = ports
        self.port = port
    }
}

/// One message of a subscription.
public struct PortChange: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// The state at the time of subscribing; the port is 0 when the client has none.
        case initial
        case started
        case changed
        /// The port is the one that the client used last.
        case stopped
    }

    public var type: Kind
    public var port: UInt16
    /// All ports of the client after the change, ascending.
    public var ports: [UInt16]

    public init(type: Kind, port: UInt16, ports: [UInt16]) {
        self.type = type
        self.port = port
        self.ports = ports
    }

    /// The first message for a client that subscribes after this change.
    var asInitial: PortChange {
        PortChange(type: .initial, port: type == .stopped ? 0 : port, ports: ports)
    }
}

/// The changes that the daemon would make to the present ruleset: the answer of `Plan`.
public struct PlanText: Codable, Hashable, Sendable {
    /// The changes in nft's syntax, and those to firewalld as comments; empty when nothing needs to change.
    public var text: String
    /// The state of each row once the changes are made.
    public var rows: [RowStatus]
    public var leftAlone: [LeftAloneStatus]

    public init(text: String, rows: [RowStatus] = [], leftAlone: [LeftAloneStatus] = []) {
        self.text = text
        self.rows = rows
        self.leftAlone = leftAlone
    }
}
