// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// The mark that tells our objects from foreign ones: the comment that each of them carries.
///
/// The mark alone is not enough to remove an object; its shape must be ours too.
public enum Mark {
    /// The beginning of every comment of ours.
    public static let prefix = "teredowall: "

    static let table = prefix + "follows the port of the Teredo client; gone when teredowalld ends"
    static let ports = prefix + "service ports of the Teredo client"
    static let addresses = prefix + "service ports of the Teredo client on single addresses"
    static let standing = prefix + "UDP 3544, the standing rules"

    /// Whether an object with this comment was made by us.
    public static func isOn(_ comment: String?) -> Bool { comment?.hasPrefix(prefix) ?? false }
}

extension TableName {
    /// Our own table.
    public static let teredowall = TableName(.inet, "teredowall")
}

/// The way of the packets that an exception lets through.
public enum Direction: Hashable, Sendable, CaseIterable {
    case input
    case output

    public var hook: Hook { self == .input ? .input : .output }

    /// The base chain in our own table.
    var ownChain: String { self == .input ? "input" : "output" }

    /// The chain in a foreign table, ours or an anchor.
    var foreignChain: String { self == .input ? "teredowall-input" : "teredowall-output" }

    /// The chain of ours in a foreign table for just these rows of this direction.
    func foreignChain(for rows: Set<Row>) -> String {
        if rows == Row.all(self) { return foreignChain }
        let names = Row.allCases.filter(rows.contains).map(\.rawValue)
        return ([foreignChain] + names).joined(separator: "-")
    }

    /// Every name that a chain of ours may have in a foreign table.
    static let foreignChains: Set<String> = Set(
        allCases.flatMap { direction in
            let rows = Row.allCases.filter { $0.direction == direction }
            return (1..<1 << rows.count).map { bits in
                direction.foreignChain(for: Set(rows.indices.filter { bits >> $0 & 1 == 1 }.map { rows[$0] }))
            }
        })

    /// "in" or "out", the end of a comment.
    public var word: String { self == .input ? "in" : "out" }

    /// The comment of our chains, and of the jumps to them.
    var comment: String { "\(Mark.prefix)exceptions for Teredo, \(word)" }
}

/// The names of our sets in one table.
struct SetNames: Hashable, Sendable {
    /// Ports that are open on every address.
    let ports: SetName
    /// Ports that are open on one address.
    let addresses: SetName
    /// Holds 3544 as long as the standing rules are leased.
    let standing: SetName

    init(in table: TableName) {
        let prefix = table == .teredowall ? "" : "teredowall-"
        ports = SetName(table, prefix + "ports")
        addresses = SetName(table, prefix + "addresses")
        standing = SetName(table, prefix + "static")
    }

    /// The sets as they shall be.
    var declarations: [NamedSet] {
        [
            .timedPorts(ports, comment: Mark.ports),
            .timedAddresses(addresses, comment: Mark.addresses),
            .timedPorts(standing, comment: Mark.standing),
        ]
    }

    /// Whether one of them has this name.
    func contains(_ name: String) -> Bool {
        [ports, addresses, standing].contains { $0.name == name }
    }
}
