// SPDX-License-Identifier: GPL-2.0-or-later

/// A table or firewall in which exceptions are in force.
public struct AttachmentStatus: Codable, Hashable, Sendable {
    /// "own table", "nft", "anchor", "iptables" or "firewalld".
    public var kind: String
    /// The table: "inet filter".
    public var table: String
    /// The chains by which packets reach the exceptions.
    public var chains: [String]
    /// The rules of the exceptions and, in our own table, of the guard.
    public var rules: [RuleStatus]
    /// The remaining lifetime of the openings here without renewal; nil where nothing is open.
    public var leaseRemainingSeconds: Int?
    /// A note for the administrator on the exceptions here, as a clause; nil if there is none, or in the answer of a
    /// daemon that does not report it.
    public var note: String?

    public init(
        kind: String, table: String, chains: [String] = [], rules: [RuleStatus] = [],
        leaseRemainingSeconds: Int? = nil, note: String? = nil
    ) {
        self.kind = kind
        self.table = table
        self.chains = chains
        self.rules = rules
        self.leaseRemainingSeconds = leaseRemainingSeconds
        self.note = note
    }
}
