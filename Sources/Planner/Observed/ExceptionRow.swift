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
        guard let mark = rule.mark,
            let row = Self.names.first(where: { mark == "\(Mark.prefix)\($0.what), \($0.direction.word)" }),
            let written = Self.rules(like: rule, row.direction, of: openings).first(where: {
                $0.matches(rule)
            })
        else { return nil }
        name = row.name
        direction = row.direction
        chain = rule.chain
        text = Self.matches(of: written, in: rule.chain.table.family)
        (packets, bytes) = (0, 0)
        for case .counter(let packets, let bytes) in rule.expressions {
            (self.packets, self.bytes) = (packets, bytes)
        }
    }

    /// The rules of these openings in the form that `rule` has.
    private static func rules(like rule: Rule, _ direction: Direction, of openings: Openings) -> [NewRule] {
        guard let until = rule.lastSecond else { return openings.rules(direction, in: rule.chain.table) }
        return openings.iptablesRules(direction, until: until)
    }

    /// What packets the rule is about, in the words of nft or of iptables.
    private static func matches(of rule: NewRule, in family: Family) -> String {
        let matches = NewRule(
            rule.statements.filter { statement in
                switch statement {
                case .counter, .accept: false
                case .xtables(let match): match.name != "comment" && match.name != "time"
                default: true
                }
            })
        return matches.statements.contains(.matchUDP) || matches.statements == [.matchIGMP]
            ? matches.iptablesText : matches.nftText(in: family)
    }
}

extension Rule {
    /// Until when a rule of iptables' form holds.
    public var leaseEnd: WallTime? { lastSecond.map { WallTime(seconds: Int64($0)) } }

    var lastSecond: UInt32? { expressions.lazy.compactMap(\.xtablesUntil).first }
}

extension Attachment {
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
        case .ownTable, .native, .anchor: SetNames(in: table).standing
        case .iptables, .firewalld: nil
        }
    }
}
