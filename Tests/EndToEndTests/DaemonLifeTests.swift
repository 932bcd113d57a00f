// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests how teredowalld starts and ends, and what it leaves when it is killed.
@Suite(.enabledAsRoot) struct DaemonLifeTests {
    @Test func `SIGINT ends the daemon like SIGTERM`() async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            try await host.load(HostFirewall.strict)
            let before = try await host.ruleset()
            let daemon = try await host.startDaemon()
            try await host.signal("INT", daemon)
            #expect(try await daemon.end() == 0)
            #expect(try await host.ruleset() == before)
        }
    }

    @Test func `a second instance for the same network namespace exits with an error`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            let before = try await host.ruleset()
            let second = try host.launchDaemon(label: "second")
            // EX_TEMPFAIL of sysexits.h: another instance runs.
            #expect(try await second.end() == 75, "\(second.text)")
            #expect(try await host.ruleset() == before)
        }
    }

    @Test func `without privileges the daemon exits with an error`() async throws {
        try await Lab.with { lab in
            let nobody = try lab["host"].start(
                "nobody", asNobody + [built("teredowalld"), "--runtime-directory", "/tmp"])
            // EX_NOPERM of sysexits.h.
            #expect(try await nobody.end() == 77, "\(nobody.text)")
        }
    }

    @Test func `the exceptions of a killed daemon expire, and the next daemon adds one copy`() async throws {
        let shortLease = "[firewall]\nlease = \"5s\"\n"
        try await Lab.with { lab in
            let host = lab["host"]
            try await host.load(HostFirewall.strict)
            let before = try await host.ruleset()
            let daemon = try await host.startDaemon(configuration: shortLease)
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            // Longer than the lease of 5 seconds, which the daemon renews while it runs.
            try await Task.sleep(for: .seconds(7))
            #expect(try await host.openPorts()["inet filter"] == [port])

            try await host.signal("KILL", daemon)
            _ = try await daemon.end()
            try await host.eventuallyOpen([])
            try await eventually("no element in any set", seen: { try await host.ruleset() }) {
                try await !host.ruleset().contains("elements")
            }

            let successor = try await host.startDaemon(configuration: shortLease, label: "successor")
            try await host.eventuallyOpen([port])
            let ruleset = try await host.ruleset()
            // Each of these texts occurs once.
            for text in [
                "jump teredowall-input", "jump teredowall-output", "chain teredowall-input",
                "chain teredowall-output", "table inet teredowall", "set teredowall-ports",
                "set teredowall-static",
            ] {
                #expect(ruleset.components(separatedBy: text).count == 2, "\(text) in\n\(ruleset)")
            }
            #expect(try await host.stop(successor) == 0)
            #expect(try await host.ruleset() == before)
        }
    }

    @Test func `the exceptions are restored after the firewall is reloaded`() async throws {
        try await Lab.withDaemonHost { _, host, daemon in
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            let before = try await host.timelessRuleset()
            let monitor = try host.start("monitor", "bash", "-c", CommitJournal.monitor)
            let journal = try await CommitJournal.of(monitor, shell: host.shell) {
                // A reload in one transaction, and one with a moment without any rules.
                for reload in [
                    ["flush ruleset\n\(HostFirewall.strict)"], ["flush ruleset", HostFirewall.strict],
                ] {
                    for step in reload { try await host.load(step) }
                    // Because the rulesets are equal, no other port is open.
                    try await eventually(
                        "the same ruleset as before the reload",
                        seen: { "\(before)\n\(try await host.ruleset())\n\(daemon.text)" }
                    ) { try await host.timelessRuleset() == before }
                }
            }
            let message = /put the exceptions (back )?into inet filter after a change by nft \(pid \d+\)/
            #expect(daemon.text.matches(of: message).count == 2, "\(daemon.text)")
            // No commit during the reloads opened another port either.
            let user = try await host.run("id", "-u", "miredo").trimmingCharacters(in: .newlines)
            #expect(journal.disallowedChanges(ports: [Int(port)], user: Int(user) ?? -1) == [])
            #expect(journal.commits.count { $0.program == "teredowalld" } >= 2, "\(monitor.text)")
        }
    }

    @Test func `a kill switch named in the configuration is served, and left byte for byte as it was`()
        async throws
    {
        let file = packageRoot.appending(path: "rules/hosts/shapes/mullvad.nft")
        let configuration = "[firewall]\npierce = [\"inet mullvad\"]\n"
        // At its end, `withDaemonHost` compares the ruleset with the one before the daemon started.
        try await Lab.withDaemonHost(
            String(contentsOf: file, encoding: .utf8), configuration: configuration
        ) { _, host, daemon in
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port], in: ["inet mullvad", "inet teredowall"])
            #expect(!daemon.text.contains("left alone"), "\(daemon.text)")
        }
    }
}
