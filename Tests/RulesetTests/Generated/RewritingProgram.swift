// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport

/// A program, not part of teredowall, that rewrites rulesets.
enum RewritingProgram: String, Sendable, CaseIterable {
    /// `nft -o`, which merges rules into sets and maps.
    case optimizer
    /// `iptables-save | iptables-restore`.
    case saver
    /// `iptables-restore-translate`, which turns iptables' text into nft's.
    case translator

    /// The program for the pair of rulesets of this seed; nil for two thirds of the seeds.
    init?(seed: UInt64, form: RulesetText.Form) {
        guard seed % 3 == 0 else { return nil }
        switch form {
        case .nft: self = .optimizer
        // Every fourth seed is for iptables (SpelledTwice), so every twelfth comes here: the two alternate.
        case .iptables: self = seed / 12 % 2 == 0 ? .saver : .translator
        }
    }

    /// False if the program is known to change the meaning of the ruleset: iptables-translate 1.8.9 omits the `!` of
    /// `-p udp ! --dport 67`.
    func keepsMeaning(of ruleset: RulesetText) -> Bool {
        self != .translator
            || !ruleset.text.split(separator: "\n").contains {
                $0.contains("-p udp") && $0.contains("! --dport ")
            }
    }

    /// Lets the program rewrite the ruleset, and loads the result on the host.
    func rewrite(_ ruleset: RulesetText, on testbed: Testbed) throws {
        switch self {
        case .optimizer:
            try testbed.nft.run("flush ruleset")
            try testbed.host.command("nft", ["-o", "-f", "-"], input: ruleset.text)
        case .saver:
            try ruleset.load(on: testbed)
            let saved = try testbed.host.command("iptables-nft-save")
            try testbed.nft.run("flush ruleset")
            try testbed.host.command("iptables-nft-restore", input: saved)
        case .translator:
            let text = try testbed.host.command(
                "iptables-restore-translate", ["-f", "/dev/stdin"], input: ruleset.text)
            try testbed.nft.run("flush ruleset\n" + text)
        }
    }
}
