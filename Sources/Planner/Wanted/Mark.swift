// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// The comment of each of our objects. ``Ownership`` decides what is ours: an object with the mark counts as ours only
/// if it also has the form of one of our objects. Where a copy of the ruleset has lost the marks of tables, chains or
/// sets, our rules in them, leading to them or using them identify these as ours.
public enum Mark {
    /// The beginning of every comment of ours.
    public static let prefix = "teredowall: "

    static let table = prefix + "follows the port of the Teredo client; gone when teredowalld ends"
    static let ports = prefix + "service ports of the Teredo client"
    static let addresses = prefix + "service ports of the Teredo client on single addresses"
    static let staticPort = prefix + "UDP 3544, the standing rules"
    static let protocols = prefix + "IGMP"

    /// True if the comment is a mark.
    public static func isMark(_ comment: String?) -> Bool { comment?.hasPrefix(prefix) ?? false }
}

extension TableName {
    /// Our own table, which shows and counts the exceptions and has the guard. It opens nothing in other tables.
    public static let teredowall = TableName(.inet, "teredowall")
}

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

/// The names of our sets in one table.
struct SetNames: Hashable, Sendable {
    /// The ports that are open on every address.
    let ports: SetName
    /// The ports that are open on one address.
    let addresses: SetName
    /// The set that contains UDP 3544 while the lease of the standing rules lasts.
    let staticPort: SetName
    /// The set that contains the protocol IGMP while the lease of the rules for it lasts; made only if `igmp` is set.
    let protocols: SetName

    init(in table: TableName) {
        let prefix = table == .teredowall ? "" : "teredowall-"
        ports = SetName(table, prefix + "ports")
        addresses = SetName(table, prefix + "addresses")
        staticPort = SetName(table, prefix + "static")
        protocols = SetName(table, prefix + "protocols")
    }

    /// The sets with their types, flags and comments.
    var declarations: [NamedSet] {
        [
            .timedPorts(ports, comment: Mark.ports),
            .timedAddresses(addresses, comment: Mark.addresses),
            .timedPorts(staticPort, comment: Mark.staticPort),
            .timedProtocols(protocols, comment: Mark.protocols),
        ]
    }

    /// True if one of the sets has this name.
    func contains(_ name: String) -> Bool {
        [ports, addresses, staticPort, protocols].contains { $0.name == name }
    }
}
