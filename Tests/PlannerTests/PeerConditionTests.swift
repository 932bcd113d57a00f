// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Testing

@testable import Planner

@Suite struct PeerConditionTests {
    private func rule(about host: [UInt8], _ verdict: Verdict) -> Rule {
        Rule(
            chain: ChainName(TableName(.inet, "filter"), "input"),
            expressions: [
                .payload(.network, offset: 12, length: 4), .compare(.equal, host), .verdict(verdict),
            ])
    }

    @Test func `rules about one host have one condition, and condensed rules have none`() {
        let index = RulesetIndex(Ruleset())
        func condition(of rule: Rule) -> PeerCondition? { PeerCondition(of: rule, .input, index) }
        let (accepted, denied) = ([198, 51, 100, 7] as [UInt8], [203, 0, 113, 9] as [UInt8])
        #expect(condition(of: rule(about: accepted, .accept)) != nil)
        #expect(condition(of: rule(about: accepted, .accept)) == condition(of: rule(about: accepted, .drop)))
        #expect(condition(of: rule(about: accepted, .accept)) != condition(of: rule(about: denied, .drop)))
        #expect(condition(of: rule(about: accepted, .accept).condensed) == nil)
        #expect(condition(of: rule(about: denied, .drop).condensed) == nil)
    }
}
