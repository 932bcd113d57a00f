// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import Platform
import TestSupport
import Testing

/// Compares the plans for rulesets with those for the same rulesets as hosts with many rules have them: condensed
/// (``Rule/condensed``).
@Suite(.enabledAsRoot) struct CondensedRulesTests {
    /// The number of generated rulesets. TEREDOWALL_RULESETS changes it.
    private static let generated =
        ProcessInfo.processInfo.environment["TEREDOWALL_RULESETS"].flatMap { UInt64($0) } ?? 300
    private static let seed =
        ProcessInfo.processInfo.environment["TEREDOWALL_SEED"].flatMap { UInt64($0) } ?? 0

    @Test(arguments: ["cases", "cases/kinds", "hosts", "hosts/programs"])
    func `condensed rules lead to the same plan`(folder: String) throws {
        let testbed = try Testbed()
        for ruleset in try RulesetFiles.all(in: folder) {
            try ruleset.load(on: testbed)
            try compare(ruleset, on: testbed)
        }
    }

    @Test func `condensed rules of generated rulesets lead to the same plan`() throws {
        let testbed = try Testbed()
        for seed in Self.seed..<Self.seed + Self.generated {
            let ruleset = SpelledTwice(seed: seed).first
            try ruleset.load(on: testbed)
            try compare(ruleset, on: testbed)
        }
    }

    private func compare(_ ruleset: RulesetText, on testbed: Testbed) throws {
        let interfaces = try testbed.host.run { () throws(any Error) in
            try UsableInterfaces().list().map { Interface($0) }
        }
        let whole = try RulesetReader(testbed.host.connection(), interfaces: interfaces).read()
        var condensed = whole
        var condenser = RuleCondenser(
            ownAddresses: interfaces.flatMap(\.addresses), networks: interfaces.flatMap(\.networks))
        condensed.rules = whole.rules.mapValues { rules in RuleList(rules.map { condenser.condense($0) }) }
        let (one, other) = (plan(for: whole, interfaces), plan(for: condensed, interfaces))
        let fates = zip(one.fates, other.fates).filter { $0 != $1 }.map { "\($0) condensed \($1)" }
        #expect(one == other, "\(ruleset.name): \(fates.joined(separator: "\n"))\n\(ruleset.text)")
    }

    private func plan(for ruleset: Ruleset, _ interfaces: [Interface]) -> Plan {
        Plan(
            openings: TestedFirewall.openings, on: ruleset, policy: Policy(), interfaces: interfaces,
            now: WallTime(seconds: 1_750_000_000))
    }
}
