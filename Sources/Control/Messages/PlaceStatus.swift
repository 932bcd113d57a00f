// SPDX-License-Identifier: GPL-2.0-or-later

/// A table or firewall in which exceptions are in force.
public struct PlaceStatus: Codable, Hashable, Sendable {
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
    /// What the administrator should know of the exceptions here, as a clause; nil if there is nothing, or in the
    /// answer of a daemon that does not report it.
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

/// One exception of a place.
public struct RuleStatus: Codable, Hashable, Sendable {
    /// The row: "I1", "I2", "O1", "O2", "IGMP" or "guard".
    public var name: String
    public var chain: String
    /// "in" or "out".
    public var direction: String
    /// The rule as the firewall prints it.
    public var text: String
    /// The number of packets; nil where the firewall has no counters, as firewalld.
    public var packets: UInt64?
    public var bytes: UInt64?

    public init(
        name: String, chain: String, direction: String, text: String, packets: UInt64? = nil,
        bytes: UInt64? = nil
    ) {
        self.name = name
        self.chain = chain
        self.direction = direction
        self.text = text
        self.packets = packets
        self.bytes = bytes
    }
}

/// A chain or table that would stop Teredo and is left alone.
public struct LeftAloneStatus: Codable, Hashable, Sendable {
    /// "inet filter input"
    public var name: String
    /// The reason, as a clause for the administrator.
    public var reason: String

    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}

/// Exceptions that another program removed and that were put back.
public struct HealRecord: Codable, Hashable, Sendable {
    public var at: Moment
    /// The table or firewall in which the exceptions were put back: "inet filter".
    public var place: String
    /// The cause of the heal: "missing or out of place", or "firewalld reloaded or restarted".
    public var cause: String
    /// The process that removed the exceptions; nil where the kernel did not name it.
    public var processID: Int32?
    public var processName: String?

    public init(
        at: Moment, place: String, cause: String, processID: Int32? = nil, processName: String? = nil
    ) {
        self.at = at
        self.place = place
        self.cause = cause
        self.processID = processID
        self.processName = processName
    }
}
