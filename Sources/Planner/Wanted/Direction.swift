// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// The direction of the packets that an exception lets through, seen from this host.
public enum Direction: Hashable, Sendable, CaseIterable {
    case input
    case output

    public var hook: Hook { self == .input ? .input : .output }

    /// The name of the base chain in our own table.
    var ownChain: String { self == .input ? "input" : "output" }

    /// The name of our chain, or of an anchor, in a foreign table.
    var foreignChain: String { self == .input ? "teredowall-input" : "teredowall-output" }

    /// The name of our chain in a foreign table if the chain has the exceptions for these rows of the direction only.
    func foreignChain(for rows: Set<Row>) -> String {
        if rows == Row.all(self) { return foreignChain }
        let names = Row.allCases.filter(rows.contains).map(\.rawValue)
        return ([foreignChain] + names).joined(separator: "-")
    }

    /// All names that a chain of ours can have in a foreign table.
    static let foreignChains: Set<String> = Set(
        allCases.flatMap { direction in
            let rows = Row.allCases.filter { $0.direction == direction }
            // One name for each subset of the rows that is not empty: bit n of a number stands for row n.
            return (1..<1 << rows.count).map { bits in
                direction.foreignChain(for: Set(rows.indices.filter { bits >> $0 & 1 == 1 }.map { rows[$0] }))
            }
        })

    /// The word at the end of a comment: "in" or "out".
    public var word: String { self == .input ? "in" : "out" }

    /// The comment of our chains, and of the jumps to them.
    var comment: String { "\(Mark.prefix)exceptions for Teredo, \(word)" }
}
