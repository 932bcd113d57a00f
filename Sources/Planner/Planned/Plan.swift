// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// A table or firewall in which exceptions are in force once a plan is committed.
public struct Attachment: Hashable, Sendable {
    /// The form of the exceptions. The raw values appear in the JSON of `status`.
    public enum Kind: String, Hashable, Sendable {
        /// Our table `inet teredowall`.
        case ownTable = "own table"
        /// Chains and sets of ours in a native nft table, entered by a jump.
        case native = "nft"
        /// Chains that the administrator made for the exceptions.
        case anchor
        /// Rules of ours in chains of a table that iptables maintains.
        case iptables
        /// Runtime rich rules of firewalld; `table` is firewalld's table, `chains` are the zones with the
        /// rules.
        case firewalld
    }

    public var kind: Kind
    public var table: TableName
    /// The base chains (or anchors) by which packets reach the exceptions.
    public var chains: [ChainName]

    /// The chains with the exceptions themselves, one entry for each place.
    public var holders: [Holder]

    /// A place in a chain with exceptions.
    public struct Holder: Hashable, Sendable {
        public var chain: ChainName
        /// The rows let through at the place.
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

/// A chain or table that would stop Teredo packets and is not changed, or an object of ours that is not removed, with
/// the reason.
public struct LeftAlone: Hashable, Sendable {
    /// The chain, table or set: "inet filter input".
    public var name: String
    /// The reason, as a clause for the administrator: "owned by another process (netlink port 4711)".
    public var reason: String

    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}

/// One transaction that turns the observed ruleset into the desired one, and the state after it.
public struct Plan: Hashable, Sendable {
    /// The operations in order; empty when nothing needs to change.
    public var operations: [Operation]
    /// The attachments in force once the plan is committed.
    public var attachments: [Attachment]
    /// The chains and tables that are not changed although they would stop Teredo packets, and our objects that
    /// cannot be removed.
    public var leftAlone: [LeftAlone]
    /// The fate of each row on each interface once the plan is committed.
    public var fates: [RowFate]
    /// The tables in which a rule, chain or set of ours is missing. Rules in the wrong place and rules whose lease ends
    /// soon do not count as missing.
    public var incomplete: Set<TableName>
    /// The tables in which a rule of ours is in the wrong place.
    public var displaced: Set<TableName>

    public init(
        operations: [Operation] = [], attachments: [Attachment] = [], leftAlone: [LeftAlone] = [],
        fates: [RowFate] = [], incomplete: Set<TableName> = [], displaced: Set<TableName> = []
    ) {
        self.operations = operations
        self.attachments = attachments
        self.leftAlone = leftAlone
        self.fates = fates
        self.incomplete = incomplete
        self.displaced = displaced
    }
}
