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
