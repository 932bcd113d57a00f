// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// A table or firewall in which exceptions are in force once a plan is committed.
public struct Attachment: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// Our table `inet teredowall`.
        case ownTable = "own table"
        /// Chains and sets of ours in a native nft table, entered by a jump.
        case native = "nft"
        /// Chains that the administrator made for us.
        case anchor
        /// Rules of ours in chains of a table that iptables manages.
        case iptables
        /// Runtime rich rules of firewalld; `table` is its table, `chains` are the zones they are in.
        case firewalld
    }

    public var kind: Kind
    public var table: TableName
    /// The base chains (or anchors) through which packets reach the exceptions.
    public var chains: [ChainName]

    /// The chains that hold the exceptions themselves, each as often as there are places in it.
    public var holders: [Holder]

    /// A place in a chain at which exceptions stand.
    public struct Holder: Hashable, Sendable {
        public var chain: ChainName
        /// The rows let through there.
        public var rows: Set<Row>

        public init(_ chain: ChainName, _ rows: Set<Row>) {
            self.chain = chain
            self.rows = rows
        }
    }

    public init(kind: Kind, table: TableName, chains: [ChainName], holders: [Holder] = []) {
        self.kind = kind
        self.table = table
        self.chains = chains
        self.holders = holders
    }
}

/// A chain or table that would stop Teredo and is left alone, and why.
public struct LeftAlone: Hashable, Sendable {
    /// "inet filter input"
    public var name: String
    /// A clause for the administrator: "owned by another process (netlink port 4711)".
    public var reason: String

    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}

/// One transaction that leads from an observed ruleset to the desired one, and what holds after it.
public struct Plan: Hashable, Sendable {
    /// In order; empty when everything is in place already.
    public var operations: [Operation]
    public var places: [Attachment]
    public var leftAlone: [LeftAlone]
    /// The fate of each row on each interface once it is committed.
    public var fates: [RowFate]
    /// The tables that lack something of what shall be ours in them. Rules that are out of place, and leases that run
    /// out, are not missing.
    public var incomplete: Set<TableName>
    /// The tables in which rules of ours are out of place.
    public var displaced: Set<TableName>

    public init(
        operations: [Operation] = [], places: [Attachment] = [], leftAlone: [LeftAlone] = [],
        fates: [RowFate] = [], incomplete: Set<TableName> = [], displaced: Set<TableName> = []
    ) {
        self.operations = operations
        self.places = places
        self.leftAlone = leftAlone
        self.fates = fates
        self.incomplete = incomplete
        self.displaced = displaced
    }
}
