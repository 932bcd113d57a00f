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
    public var description: String {
        guard let text, let position, let handle else { return "\(chain), its policy" }
        return "\(chain), rule \(position), handle \(handle) (\(text))"
    }
}

/// What becomes of the packets of one row of the exception on one interface.
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
    }

    /// "I1", "I2", "O1", "O2"
    public var row: String
    public var direction: Direction
    /// The interface; nil for any of which nothing is known.
    public var interface: String?
    public var outcome: Outcome

    public init(row: String, direction: Direction, interface: String?, outcome: Outcome) {
        self.row = row
        self.direction = direction
        self.interface = interface
        self.outcome = outcome
    }

    public var isOpen: Bool {
        switch outcome {
        case .openByUs, .open, .firewalld: true
        case .explicitlyDenied, .notServed: false
        }
    }
}
