// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// A rule or policy that decides about packets, for people.
public struct DecidingRule: Hashable, Sendable {
    public var chain: ChainName
    /// The rule as nft prints it; nil for the policy.
    public var text: String?
    /// Its position in the chain from 1, as people count, ours included; nil for the policy.
    public var position: Int?
    public var handle: UInt64?

    public init(chain: ChainName, text: String? = nil, position: Int? = nil, handle: UInt64? = nil) {
        self.chain = chain
        self.text = text
        self.position = position
        self.handle = handle
    }

    /// "inet filter input, rule 7, handle 18 (drop)"
    public var description: String { "\(chain), \(clause)" }

    /// The same without the chain: "rule 7, handle 18 (drop)", "its policy"
    public var clause: String {
        guard let text, let position, let handle else { return "its policy" }
        return "rule \(position), handle \(handle) (\(text))"
    }
}

/// The fate of the packets of one row of the exception on one interface.
public struct RowFate: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// The chains whose default an exception of ours stands before.
        case openByUs([ChainName])
        /// Nothing denies them.
        case open
        /// Nothing but firewalld's table denies them, where firewalld itself is asked for the exception.
        case firewalld
        /// An administrator's rule denies them, and wins.
        case explicitlyDenied(DecidingRule)
        /// They are denied by default, and nothing is done about that, for this reason.
        case notServed(DecidingRule?, reason: String)
        /// Whether they pass cannot be told, because of this rule where it is one.
        case unknown(DecidingRule?, reason: String)
    }

    /// "I1", "I2", "O1", "O2"
    public var row: String
    public var direction: Direction
    /// The interface; nil for any of which nothing is known.
    public var interface: String?
    /// Whether it is only about what goes to the group of local discovery, where that fares otherwise than the rest.
    public var isToGroup: Bool
    public var outcome: Outcome

    public init(
        row: String, direction: Direction, interface: String?, isToGroup: Bool = false, outcome: Outcome
    ) {
        self.row = row
        self.direction = direction
        self.interface = interface
        self.isToGroup = isToGroup
        self.outcome = outcome
    }

    public var isOpen: Bool {
        switch outcome {
        case .openByUs, .open, .firewalld: true
        case .explicitlyDenied, .notServed, .unknown: false
        }
    }

    /// Whether an exception in this table is part of it.
    func needs(_ table: TableName) -> Bool {
        if case .openByUs(let chains) = outcome { chains.contains { $0.table == table } } else { false }
    }
}

extension [RowFate] {
    /// The fates where nothing is done in these tables, for a reason.
    public mutating func withhold(_ tables: Set<TableName>, because reason: String) {
        for index in indices where tables.contains(where: self[index].needs) {
            self[index].outcome = .notServed(nil, reason: reason)
        }
    }
}
