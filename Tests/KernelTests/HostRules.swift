// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// The rulesets under rules/ of this package.
enum RulesFolder {
    private static let directory = packageRoot.appendingPathComponent("rules")

    /// The text of a file, by its path below rules/.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: directory.appendingPathComponent(path), encoding: .utf8)
    }

    /// The names of the rulesets (*.nft) in rules/hosts, without extension, in alphabetical order.
    static func hosts() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.appendingPathComponent("hosts").path)
            .filter { $0.hasSuffix(".nft") }.map { String($0.dropLast(4)) }.sorted()
    }
}

/// A ruleset of rules/hosts, the packets that it drops without teredowall, and the chains that get exceptions.
struct HostRules: Sendable, CustomTestStringConvertible {
    var name: String
    /// True if it drops incoming packets to ports that no rule names.
    var dropsInput = true
    /// True if it drops outgoing packets from ports that no rule names.
    var dropsOutput = false
    /// True if it drops packets from ``Link/blocked``.
    var hasBlocklist = false
    /// The chains of this ruleset in which teredowall's rules, or jumps to its chains, are expected. The chains of
    /// the table `teredowall` itself are left out.
    var exceptionChains: [String] = ["inet filter input"]

    var testDescription: String { name }
    func text() throws -> String { try RulesFolder.text("hosts/\(name).nft") }

    /// One entry for each ruleset in rules/hosts, in alphabetical order.
    static let all: [HostRules] = [
        .init(name: "anchor", exceptionChains: ["inet filter teredowall-input"]),
        .init(name: "blocklist", hasBlocklist: true),
        .init(
            name: "ip-family", dropsOutput: true, exceptionChains: ["ip filter4 input", "ip filter4 output"]),
        .init(name: "limited-reject"),
        .init(name: "logged-drop"),
        .init(name: "nested"),
        .init(name: "none", dropsInput: false, exceptionChains: []),
        .init(name: "prerouting-raw", hasBlocklist: true),
        .init(name: "reject-at-end"),
        .init(name: "selective-drops", dropsInput: false, hasBlocklist: true, exceptionChains: []),
        .init(
            name: "strict", dropsOutput: true, exceptionChains: ["inet filter input", "inet filter output"]),
        .init(name: "verdict-map"),
        .init(name: "workstation"),
        .init(name: "zones"),
    ]
}
