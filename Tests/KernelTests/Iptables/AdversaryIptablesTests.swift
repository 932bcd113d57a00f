// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import TestSupport
import Testing

/// A shell script of random edits with `iptables` and `nft`, some of them to teredowall's objects. The edits
/// of the foreign rules have the same result with and without teredowall.
private struct EditScript {
    private var random: SeededGenerator
    /// The foreign rules that `iptables` has added to the chain INPUT, in no particular order: they are only
    /// selected for deletion.
    private var rules: [String] = []
    private(set) var lines = ["set -euo pipefail", "iptables -P INPUT DROP"]

    init(edits: Int, seed: UInt64) {
        random = SeededGenerator(state: seed)
        for number in 0..<edits { edit(number) }
    }

    private mutating func edit(_ number: Int) {
        let denial = "-s 192.0.2.\(number % 250)/32 -m comment --comment \"rule \(number)\" -j DROP"
        let service =
            "-p tcp -m tcp --dport \(1000 + number) -m comment --comment \"rule \(number)\" -j ACCEPT"
        // Each case begins where the previous one ends: 30 % of the edits append a rule, 15 % insert one, and so on.
        switch Int.random(in: 0..<100, using: &random) {
        case ..<30: add("-A", denial)
        case ..<45: add("-I", service)
        case ..<65:
            guard let index = rules.indices.randomElement(using: &random) else { return }
            lines.append("iptables -D INPUT \(rules.remove(at: index))")
        case ..<70:
            lines.append("iptables -F")
            rules = []
        case ..<75:
            lines.append(
                "iptables-restore --noflush <<<$'*filter\\n-A INPUT \(denial)\\n-A INPUT \(service)\\nCOMMIT'"
            )
            rules += [denial, service]
        case ..<80:
            lines += [
                "iptables -N side", "iptables -A side \(denial)", "iptables -E side other",
                "iptables -F other", "iptables -X other",
            ]
        case ..<85: lines.append("nft add rule ip filter INPUT tcp dport \(number) counter accept")
        default:
            // Fails if teredowall's rule is missing, or if teredowall replaces it during the command.
            lines.append("{ \(damages.randomElement(using: &random) ?? ":"); } 2>/dev/null || true")
        }
    }

    private mutating func add(_ option: String, _ rule: String) {
        lines.append("iptables \(option) INPUT \(rule)")
        rules.append(rule)
    }

    /// Commands that remove or damage teredowall's objects. `iptables -S` prints a rule as `-A INPUT …`: `cut` leaves
    /// the rule itself, and `eval` removes the quotes around its comment.
    private let damages = [
        "nft delete table inet teredowall",
        "eval iptables -D INPUT $(iptables -S INPUT | grep -m 1 teredowall | cut -d ' ' -f 3-)",
        """
        iptables -S INPUT | grep teredowall | cut -d ' ' -f 3- |
            while read -r ours; do eval iptables -D INPUT $ours; done
        """,
        "iptables-save | grep -v teredowall | iptables-restore",
    ]
}

@Suite(.enabledAsRoot) struct AdversaryIptablesTests {
    @Test(arguments: [1, 2] as [UInt64])
    func `300 edits leave the foreign rules intact and our rules once each`(seed: UInt64) async throws {
        let script = EditScript(edits: 300, seed: seed).lines.joined(separator: "\n")
        let log = FileManager.default.temporaryDirectory.appending(path: "teredowall-adversary-\(UUID())")
        defer { try? FileManager.default.removeItem(at: log) }
        try await IptablesHost.with { host in
            let adversary = try host.start("bash", "-c", script, log: log)
            let firewall = try host.firewall()
            var attempts = 0
            var repaired: Set<TableName> = []
            while adversary.exitStatus == nil {
                // Another port each time, so that every attempt has something to commit.
                let openings = Openings(ports: [UInt16(40_000 + attempts % 1_000)], clientUser: 104)
                let isFirst = firewall.openings == nil
                do throws(NftablesError) {
                    // `refresh` does not read the ruleset first: it must notice in the kernel's refusal that the
                    // script has removed objects, and then falls back to `reconcile`.
                    let result =
                        try attempts % 3 == 0
                        ? firewall.refresh(openings, policy: Policy())
                        : firewall.reconcile(openings, policy: Policy())
                    // The tables in which objects of ours were missing: the transaction has put them back. The first
                    // plan adds all objects, which is no repair.
                    if !isFirst { repaired.formUnion(result.plan.incomplete) }
                } catch {
                    // `.stale` only means that every attempt to commit lost the race against the script.
                    if error != .stale { throw error }
                }
                attempts += 1
            }
            #expect(adversary.exitStatus == 0, "\(adversary.text)")
            // Each table that the script damages was repaired while the script ran.
            #expect(repaired == [.teredowall, TableName(.ip, "filter")])

            let openings = Openings(ports: [41234], clientUser: 104)
            _ = try firewall.reconcile(openings, policy: Policy())
            #expect(try firewall.plan(openings, policy: Policy()).operations == [])
            let saved = try host.saved()
            // One rule for the service port and one for local discovery; output has the policy accept.
            #expect(saved.count { $0.contains("teredowall: ") } == 2, "\(saved)")
            let listed = try host.network.nft("-s", "list", "table", "inet", "teredowall")
            // A rule for each of the four rows, and for I1 and O1 a second one for ports of one address.
            let accepting = listed.split(separator: "\n").filter { $0.contains(" accept comment ") }
            #expect(accepting.count == 6, "\(listed)")
            _ = try firewall.reconcile(nil, policy: Policy())

            try await IptablesHost.with { reference in
                try reference.shell(script)
                let withoutTeredowall = try reference.saved()
                #expect(saved.filter { !$0.contains("teredowall") } == withoutTeredowall)
                #expect(try host.saved() == withoutTeredowall)
                #expect(try host.network.listing() == reference.network.listing())
            }
        }
    }
}
