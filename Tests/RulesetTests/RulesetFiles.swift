// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Platform
import TestSupport
import Testing

/// The text of a ruleset, and the program that loads it.
struct RulesetText: Sendable, CustomTestStringConvertible {
    enum Form: String, Sendable, CaseIterable {
        /// For `nft -f`.
        case nft
        /// For `iptables-restore`.
        case iptables = "ipt"
    }

    var name: String
    var form: Form
    var text: String

    init(_ name: String, _ form: Form = .nft, _ text: String) {
        self.name = name
        self.form = form
        self.text = text
    }

    var testDescription: String { name }

    /// Replaces the ruleset of the host by this one.
    func load(on testbed: Testbed) throws {
        switch form {
        case .nft: try testbed.nft.run("flush ruleset\n" + text)
        case .iptables:
            try testbed.nft.run("flush ruleset")
            try testbed.host.command("iptables-nft-restore", input: text)
        }
    }
}

/// The rulesets under rules/ of this package.
enum RulesetFiles {
    private static let directory = packageRoot.appendingPathComponent("rules")

    /// The rulesets of a folder, by name.
    static func all(in folder: String) throws -> [RulesetText] {
        try FileManager.default.contentsOfDirectory(atPath: directory.appendingPathComponent(folder).path)
            .sorted().compactMap { file in
                let url = directory.appendingPathComponent(folder).appendingPathComponent(file)
                guard let form = RulesetText.Form(rawValue: url.pathExtension) else { return nil }
                return RulesetText(
                    url.deletingPathExtension().lastPathComponent, form,
                    try String(contentsOf: url, encoding: .utf8))
            }
    }

    /// One ruleset of a folder. The error for a missing file names the file.
    static func ruleset(_ name: String, in folder: String) throws -> RulesetText {
        guard let found = try all(in: folder).first(where: { $0.name == name }) else {
            throw CommandFailure(command: "read rules/\(folder)/\(name)", status: -1)
        }
        return found
    }

    /// The spellings of a case: the ruleset in rules/cases, and those in rules/cases/respelled, which lines that begin
    /// with "# ---" separate.
    static func spellings(of name: String) throws -> [RulesetText] {
        let respelled = try ruleset(name, in: "cases/respelled")
        let others = respelled.text.split(separator: /(?m:^# ---.*$)/)
        return try [ruleset(name, in: "cases")]
            + others.enumerated().map { index, text in
                RulesetText("\(name), spelling \(index + 1)", respelled.form, String(text))
            }
    }
}
