// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// A rule or policy that decides about packets, in a form for display.
public struct DecidingRule: Hashable, Sendable {
    public var chain: ChainName
    /// The rule as nft prints it; nil for the policy.
    public var text: String?
    /// The position in the chain, counted from 1 with our rules included; nil for the policy.
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

    /// The description without the chain: "rule 7, handle 18 (drop)", "its policy"
    public var clause: String {
        guard let text, let position, let handle else { return "its policy" }
        return "rule \(position), handle \(handle) (\(text))"
    }
}

/// The fate of the packets of one row of the exception on one interface.
public struct RowFate: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// Open: an exception of ours stands before the default of each of these chains.
        case openByUs([ChainName])
        /// Open: no chain denies them.
        case open
        /// Only firewalld's table denies them; the exception there is requested from firewalld.
        case firewalld
        /// Denied by a rule of the administrator, which takes precedence over exceptions.
        case explicitlyDenied(DecidingRule)
        /// Denied by default without an exception of ours, for this reason.
        case notServed(DecidingRule?, reason: String)
        /// Unknown, for this reason. The rule, if there is one, has a condition that cannot be evaluated.
        case unknown(DecidingRule?, reason: String)
    }

    /// "I1", "I2", "O1", "O2"
    public var row: String
    public var direction: Direction
    /// The interface; nil for an interface of which nothing is known.
    public var interface: String?
    /// True when this is only about packets to the local discovery group, whose fate differs from that of the other
    /// packets of the row.
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

    /// True if the packets pass because of an exception in this table.
    func needs(_ table: TableName) -> Bool {
        if case .openByUs(let chains) = outcome { chains.contains { $0.table == table } } else { false }
    }
}

extension [RowFate] {
    /// Changes the outcome of all fates that need an exception in one of these tables to `notServed`, for this reason.
    public mutating func withhold(_ tables: Set<TableName>, because reason: String) {
        for index in indices where tables.contains(where: self[index].needs) {
            self[index].outcome = .notServed(nil, reason: reason)
        }
    }
}
