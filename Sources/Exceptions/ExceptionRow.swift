// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// One of our rules in force, by its row in the documentation.
public struct ExceptionRow: Hashable, Sendable {
    /// "I1" (service port in), "I2" (local discovery), "O1" (service port out), "O2" (solicitation), "IGMP".
    public var name: String
    public var direction: Direction
    public var chain: ChainName
    /// What it matches, as nft prints it: "udp dport @ports".
    public var text: String
    public var packets: UInt64
    public var bytes: UInt64

    private static let names: [(what: String, direction: Direction, name: String)] = [
        ("Teredo service port", .input, "I1"), ("Teredo local discovery", .input, "I2"),
        ("Teredo service port", .output, "O1"), ("Teredo solicitation", .output, "O2"),
        ("IGMP", .input, "IGMP"), ("IGMP", .output, "IGMP"),
    ]

    /// nil for a rule that is not one of those which carry these openings.
    public init?(_ rule: Rule, of openings: Openings) {
        guard let comment = rule.comment,
            let row = Self.names.first(where: { comment == "\(Mark.prefix)\($0.what), \($0.direction.word)" }
            ),
            let written = openings.rules(row.direction, in: rule.chain.table).first(where: {
                $0.matches(rule)
            })
        else { return nil }
        name = row.name
        direction = row.direction
        chain = rule.chain
        let matches = written.statements.filter { $0 != .counter && $0 != .accept }
        text = RuleText(matches).nftText(in: rule.chain.table.family)
        (packets, bytes) = (0, 0)
        for case .counter(let packets, let bytes) in rule.expressions {
            (self.packets, self.bytes) = (packets, bytes)
        }
    }
}

extension Place {
    /// The chains of this place that hold our rules.
    public var chainsOfOurs: [ChainName] {
        switch kind {
        case .ownTable, .anchor: chains
        case .native, .iptables: Direction.allCases.map { ChainName(table, $0.foreignChain) }
        case .firewalld: []
        }
    }

    /// The set whose elements are leased here and always there; nil where there are no sets.
    public var standingSet: SetName? {
        switch kind {
        case .ownTable, .native, .anchor: SetNames(in: table).fixed
        case .iptables, .firewalld: nil
        }
    }
}
