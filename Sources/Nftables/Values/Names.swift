// SPDX-License-Identifier: GPL-2.0-or-later

/// An nf_tables address family. Raw values are those of the kernel (NFPROTO_*, linux/netfilter.h).
public enum Family: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case inet = 1
    case ip = 2
    case arp = 3
    case netdev = 5
    case bridge = 7
    case ip6 = 10

    /// The keyword in nft's syntax.
    public var description: String {
        switch self {
        case .inet: "inet"
        case .ip: "ip"
        case .arp: "arp"
        case .netdev: "netdev"
        case .bridge: "bridge"
        case .ip6: "ip6"
        }
    }
}

/// The name of a table, "inet filter".
public struct TableName: Hashable, Sendable, CustomStringConvertible {
    public var family: Family
    public var name: String

    public init(_ family: Family, _ name: String) {
        self.family = family
        self.name = name
    }

    public var description: String { "\(family) \(name)" }
}

/// The name of a chain, "inet filter input".
public struct ChainName: Hashable, Sendable, CustomStringConvertible {
    public var table: TableName
    public var name: String

    public init(_ table: TableName, _ name: String) {
        self.table = table
        self.name = name
    }

    public var description: String { "\(table) \(name)" }
}

/// The name of a set, "inet filter teredowall-ports".
public struct SetName: Hashable, Sendable, CustomStringConvertible {
    public var table: TableName
    public var name: String

    public init(_ table: TableName, _ name: String) {
        self.table = table
        self.name = name
    }

    public var description: String { "\(table) \(name)" }
}
