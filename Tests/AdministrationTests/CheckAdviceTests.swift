// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import Testing

@testable import Administration

/// The text of a rule that decided, and the advice for a row that is stopped.
@Suite struct CheckAdviceTests {
    private static let chain = ChainName(TableName(.inet, "filter"), "input")

    @Test func `a rule is named by its position and its handle, a policy by neither`() {
        let rule = CheckReport.ReportedRule(
            table: "inet filter", chain: "input", position: 3, handle: 12, rule: "udp dport 41234 drop")
        #expect(rule.text == "inet filter input, rule 3, handle 12: udp dport 41234 drop")
        let gone = CheckReport.ReportedRule(
            table: "inet filter", chain: "input", handle: 12, rule: "a rule that no longer exists")
        #expect(gone.text == "inet filter input, handle 12: a rule that no longer exists")
        let policy = CheckReport.ReportedRule(table: "inet filter", chain: "input", rule: "policy drop")
        #expect(policy.text == "inet filter input: policy drop")
    }

    @Test func `the advice for a policy that counts as a denial is a rule that accepts, or a chain of ours`()
    {
        let denied = RowReading.denied(by: DecidingRule(chain: Self.chain))
        func advice(_ row: String) -> String {
            denied.remedy(for: row, isServed: true, isByDefault: true, isByPolicy: true) ?? ""
        }
        #expect(advice("I2").hasSuffix("add a rule that accepts UDP to 224.0.0.253 port 3544"))
        #expect(advice("O2").hasSuffix("add a rule that accepts UDP to port 3544"))
        #expect(advice("I1").contains("a jump to a chain teredowall-input of your own"))
        #expect(advice("O1").contains("a jump to a chain teredowall-output of your own"))
        #expect(!advice("I2").contains("explicit denial"))
        // Without a test packet, the reading of the ruleset tells that it is a policy.
        #expect(denied.remedy(for: "I2", isServed: true, isByDefault: true) == advice("I2"))
    }

    @Test func `the advice for a rule that denies is to remove or narrow it`() {
        let rule = DecidingRule(chain: Self.chain, text: "udp drop", position: 1, handle: 2)
        let denied = RowReading.denied(by: rule)
        let advice = denied.remedy(for: "I1", isServed: true, isByDefault: true)
        #expect(advice?.contains("explicit denial") == true)
        #expect(denied.remedy(for: "I1", isServed: true, isByDefault: false, isByPolicy: false) == advice)
    }
}
