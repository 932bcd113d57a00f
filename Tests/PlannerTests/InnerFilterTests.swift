// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import Testing

/// A condition: the interface has this name or, if `prefix` is set, a name with this beginning.
private func name(_ text: String, prefix: Bool = false) -> [Expression] {
    [.meta(.interfaceNameIn), .compare(.equal, Array(text.utf8) + (prefix ? [] : [0]))]
}

/// A condition: the interface has another name.
private func notName(_ text: String) -> [Expression] {
    [.meta(.interfaceNameIn), .compare(.notEqual, Array(text.utf8) + [0])]
}

/// The rules of a base chain and of a chain `other` that it may jump to, and the expected result: true if packets from
/// the tunnel are denied.
private struct Example: CustomTestStringConvertible {
    var testDescription: String
    var denies: Bool
    var family: Family
    var base: BaseChain
    var rules: [[Expression]]
    var other: [[Expression]]

    init(
        _ name: String, _ denies: Bool, family: Family = .inet, at base: BaseChain = .inputAccept,
        other: [[Expression]] = [], _ rules: [Expression]...
    ) {
        testDescription = name
        self.denies = denies
        self.family = family
        self.base = base
        self.rules = rules
        self.other = other
    }

    var ruleset: Ruleset {
        let table = TableName(family, "filter")
        let (first, second) = (ChainName(table, "input"), ChainName(table, "other"))
        return Ruleset(
            tables: [Table(table)], chains: [Chain(first, base: base), Chain(second)],
            rules: [
                first: RuleList(rules.map { Rule(chain: first, expressions: $0) }),
                second: RuleList(other.map { Rule(chain: second, expressions: $0) }),
            ])
    }

    static let all: [Example] = [
        Example("policy accept", false),
        Example("policy drop", true, at: .inputDrop),
        Example("policy drop in ip6", true, family: .ip6, at: .inputDrop),
        Example("policy drop for IPv4 only", false, family: .ip, at: .inputDrop),
        Example("policy drop at forward", false, at: BaseChain(hook: .forward, policy: .drop)),
        Example("policy drop at prerouting", true, at: BaseChain(hook: .prerouting, policy: .drop)),
        Example("reject at the end", true, Sample.ssh, Sample.reject),
        Example("reject of IPv4 at the end", false, Sample.ipv4 + Sample.reject),
        Example("reject of IPv6 at the end", true, Sample.ipv6 + Sample.reject),
        Example("drop of UDP at the end", false, Sample.udpDrop),
        Example(
            "accepts of ssh and of states, policy drop", true, at: .inputDrop, Sample.ssh, Sample.established),
        Example("accept from the tunnel", false, at: .inputDrop, name("teredo") + Sample.accept),
        Example(
            "accept by the beginning of the name", false, at: .inputDrop,
            name("ter", prefix: true) + Sample.accept),
        Example("accept from another interface", true, at: .inputDrop, name("teredo0") + Sample.accept),
        Example("accept from all but the tunnel", true, at: .inputDrop, notName("teredo") + Sample.accept),
        Example("accept of ssh from the tunnel", true, at: .inputDrop, name("teredo") + Sample.ssh),
        Example("drop from the tunnel", true, name("teredo") + Sample.drop),
        Example(
            "accept from all but the tunnel, then drop", true, notName("teredo") + Sample.accept,
            Sample.drop),
        Example("accept before the drop", false, Sample.accept, Sample.drop),
        Example("drop in a chain", true, other: [Sample.log, Sample.drop], Sample.jump("other")),
        Example(
            "return before the drop", false, other: [[.verdict(.return)], Sample.drop], Sample.jump("other")),
        Example("jump, then drop", true, other: [Sample.ssh], Sample.jump("other"), Sample.drop),
        Example("goto skips the drop", false, other: [Sample.ssh], Sample.goto("other"), Sample.drop),
        Example(
            "goto, policy drop", true, at: .inputDrop, other: [Sample.ssh], Sample.goto("other"),
            Sample.accept),
        Example("a queue hands the decision to a program", true, Sample.queue),
        Example("a verdict map that was not read", true, at: .inputDrop, Sample.verdictMap),
    ]
}

struct InnerFilterTests {
    @Test(arguments: Example.all)
    fileprivate func `packets from the tunnel are found denied or open as expected`(example: Example) {
        switch example.ruleset.innerFilter(tunnel: "teredo") {
        case .denied: #expect(example.denies)
        case .open: #expect(!example.denies)
        }
    }

    @Test func `one chain that denies is enough, unless its table is dormant`() {
        var ruleset = Example("policy drop", true, at: .inputDrop).ruleset
        let open = Example("policy accept", false, family: .ip6).ruleset
        ruleset.tables += open.tables
        ruleset.chains += open.chains
        ruleset.rules.merge(open.rules) { $1 }
        let input = ChainName(TableName(.inet, "filter"), "input")
        #expect(ruleset.innerFilter(tunnel: "teredo") == .denied(by: input))
        ruleset.tables[0].flags = 1  // NFT_TABLE_F_DORMANT
        #expect(ruleset.innerFilter(tunnel: "teredo") == .open(acceptedBy: []))
    }

    @Test func `the rule that accepts everything from the tunnel is named`() {
        let ruleset = Example("accept from the tunnel", false, at: .inputDrop, name("teredo") + Sample.accept)
            .ruleset
        guard case .open(let rules) = ruleset.innerFilter(tunnel: "teredo") else {
            Issue.record("denied, although a rule accepts everything from the tunnel")
            return
        }
        #expect(rules.map(\.summary) == ["iifname \"teredo\" accept"])
    }
}
