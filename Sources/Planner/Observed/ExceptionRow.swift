// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// One of our rules in force, with its row (I1, I2, O1, O2, IGMP, guard) as in the documentation.
public struct ExceptionRow: Hashable, Sendable {
    /// The row: "guard" (drops unsolicited packets from the tunnel), "I1" (service port in), "I2" (local
    /// discovery), "O1" (service port out), "O2" (solicitation), "IGMP".
    public var name: String
    public var direction: Direction
    public var chain: ChainName
    /// The match as nft prints it: "udp dport @ports".
    public var text: String
    public var packets: UInt64
    public var bytes: UInt64

    /// The exceptions for `openings`, and the rules of the guard, among `rules`, in the order of `rules`.
    public static func rows(among rules: [Rule], of openings: Openings) -> [ExceptionRow] {
        // Many rules have the same form, and generating the rules of a form takes longer than comparing with
        // them.
        var forms: [Form: [NewRule]] = [:]
        return rules.compactMap { rule in
            guard let row = name(of: rule) else { return nil }
            let form = Form(table: rule.chain.table, direction: row.direction, span: rule.leaseSpan)
            let candidates = forms[form] ?? form.rules(of: openings)
            forms[form] = candidates
            return candidates.first { $0.matches(rule) }.map {
                ExceptionRow(rule, written: $0, name: row.name, direction: row.direction)
            }
        }
    }

    /// The name and the direction of the row that the rule's comment names; nil if it names none.
    private static func name(of rule: Rule) -> (name: String, direction: Direction)? {
        let comment = rule.anyComment
        if comment == InnerGuard.dropComment { return ("guard", .input) }
        guard let row = Row(comment: comment) else { return nil }
        return switch row {
        case .igmpIn, .igmpOut: ("IGMP", row.direction)
        case .servicePortIn, .discovery, .servicePortOut, .solicitation: (row.rawValue, row.direction)
        }
    }

    private init(_ rule: Rule, written: NewRule, name: String, direction: Direction) {
        self.name = name
        self.direction = direction
        chain = rule.chain
        text = Self.matches(of: written, in: rule.chain.table.family)
        (packets, bytes) = (0, 0)
        for case .counter(let packets, let bytes) in rule.expressions {
            (self.packets, self.bytes) = (packets, bytes)
        }
    }

    /// The properties of a rule on which the generated rules to compare with depend.
    private struct Form: Hashable {
        var table: TableName
        var direction: Direction
        /// The time span of a rule in iptables' form; nil for other rules.
        var span: ClosedRange<UInt32>?

        func rules(of openings: Openings) -> [NewRule] {
            guard let span else { return openings.rules(direction, in: table) + InnerGuard.rules }
            return openings.iptablesRules(direction, during: span)
        }
    }

    /// The match of the rule in the syntax of nft, or of iptables if it has xtables matches.
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
    /// The time at which a rule in iptables' form stops matching; nil for other rules.
    public var leaseEnd: WallTime? { leaseSpan.map { WallTime(seconds: Int64($0.upperBound)) } }

    /// The time span in which a rule in iptables' form matches, in seconds since 1970; nil for other rules.
    var leaseSpan: ClosedRange<UInt32>? { expressions.lazy.compactMap(\.xtablesTime).first }
}

extension Attachment {
    /// The chains of this attachment that hold our rules.
    public var chainsOfOurs: [ChainName] { holders.map(\.chain) }

    /// The set whose elements do not follow the port (``SetNames/standingPort``); nil where the attachment has no
    /// sets.
    public var standingPortSet: SetName? {
        switch kind {
        case .ownTable, .native, .anchor: SetNames(in: table).standingPort
        case .iptables, .firewalld: nil
        }
    }
}
