// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Two spellings of one ruleset, which get the same packets through, with teredowall and without.
struct SpelledTwice: Sendable {
    var first: RulesetText
    var second: RulesetText
    /// Whether nft itself rewrites the second: `nft -o`.
    var isOptimized = false

    /// The pair of a seed. Every fourth is for iptables.
    init(seed: UInt64) {
        let form: RulesetText.Form = seed % 4 == 3 ? .iptables : .nft
        var generator = DraftGenerator(seed: seed, form: form)
        let draft = generator.make()
        var random = SeededGenerator(state: seed ^ 0x5EED)
        var rewritten = draft
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let rewrite = Rewrite.allCases.randomElement(using: &random) ?? .comment
            rewritten = rewrite.applied(to: rewritten, using: &random) ?? rewritten
        }
        switch form {
        case .iptables:
            first = RulesetText("\(seed)", .iptables, IptablesSpelling.text(of: draft))
            second = RulesetText(
                "\(seed), rewritten", .iptables,
                IptablesSpelling.text(of: rewritten, isShuffled: true, seed: seed))
        case .nft:
            func percent() -> Int { [0, 30, 80].randomElement(using: &random) ?? 0 }
            let choices = NftSpelling.Choices(
                family: Bool.random(using: &random) ? "inet" : "ip", namedSets: percent(),
                singleSets: percent(), indices: percent(), verdictMaps: percent(), namedMaps: percent(),
                complements: percent(), bits: percent(), shuffled: true)
            first = RulesetText("\(seed)", .nft, NftSpelling.text(of: draft))
            second = RulesetText(
                "\(seed), rewritten", .nft, NftSpelling.text(of: rewritten, choices, seed: seed))
        }
    }

    /// What is wrong with the two; nil when nothing is.
    func fault(on testbed: Testbed) throws -> String? {
        try first.load(on: testbed)
        let one = try Answers(of: testbed)
        try second.load(on: testbed)
        let other = try Answers(of: testbed)
        if one.before != other.before {
            return "the rewriter is wrong: without teredowall the two differ\n\(first.text)\n\(second.text)"
        }
        for (answers, spelling) in [(one, first), (other, second)] where !answers.faults.isEmpty {
            return "\(answers.faults.joined(separator: "\n"))\n\(spelling.text)\n\(answers.summary)"
        }
        guard one.with != other.with else { return nil }
        let differences = one.questions.indices.filter { one.with[$0] != other.with[$0] }.map {
            "\(one.questions[$0]): \(one.with[$0] ? "open, rewritten shut" : "shut, rewritten open")"
        }
        return
            "\(differences.joined(separator: "\n"))\n\(first.text)\n\(second.text)\n\(one.summary)\n\(other.summary)"
    }
}

@Suite(.enabledAsRoot) struct MetamorphicTests {
    /// How many pairs are tried; TEREDOWALL_RULESETS makes it more.
    static let pairs = ProcessInfo.processInfo.environment["TEREDOWALL_RULESETS"].flatMap { Int($0) } ?? 300
    static let seed = ProcessInfo.processInfo.environment["TEREDOWALL_SEED"].flatMap { UInt64($0) } ?? 0

    @Test func `however a ruleset is spelled, the same packets pass, and none but the exceptions more`()
        throws
    {
        let testbed = try Testbed()
        var faults: [String] = []
        for seed in Self.seed..<Self.seed + UInt64(Self.pairs) where faults.count < 10 {
            if let fault = try SpelledTwice(seed: seed).fault(on: testbed) {
                faults.append("seed \(seed): \(fault)")
            }
        }
        #expect(faults.isEmpty, "\(faults.joined(separator: "\n\n"))")
    }
}
