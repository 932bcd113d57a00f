// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests that status, plan, metrics and log report rows that do not pass, with the rule and the reason.
@Suite(.enabledAsRoot) struct RowTests {
    /// A firewall in which I1 is served, I2 is denied by a rule, and output is excluded by the configuration.
    private static let firewall = """
        table inet filter {
            chain input {
                type filter hook input priority filter; policy drop;
                iif "lo" accept
                ip daddr 224.0.0.253 drop
                tcp dport 22 accept
            }
            chain output {
                type filter hook output priority filter; policy drop;
                oif "lo" accept
                udp dport 53 accept
            }
        }
        """
    private static let configuration = "[firewall]\nexclude = [\"inet filter output\"]\n"

    /// The texts in each entry of "rows" in the output of `teredowall status --json`.
    private func rows(_ json: String) throws -> [[String: String]] {
        let status = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        return (status?["rows"] as? [[String: Any]] ?? []).map { $0.compactMapValues { $0 as? String } }
    }

    @Test func `a closed row is in status and plan with its reason, counted in metrics, and logged once`()
        async throws
    {
        try await Lab.with { lab in
            let host = lab["host"]
            try await host.load(Self.firewall)
            let daemon = try await host.startDaemon(configuration: Self.configuration)
            let directory = ["--runtime-directory", host.runtimeDirectory]
            func teredowall(_ words: String...) async throws -> (status: Int32, text: String) {
                try await host.outcome([built("teredowall")] + words + directory)
            }
            let status = try await teredowall("status", "--json")
            #expect(status.status == 5, "\(status.text)")  // a row is not served
            let rows = try rows(status.text)
            #expect(rows.map { $0["name"] } == ["I1", "I2", "O1", "O2"], "\(status.text)")
            #expect(rows.map { $0["state"] } == ["open", "denied", "unserved", "unserved"])
            #expect(Set(rows.map { $0["interface"] }).count == 1)
            let interface = try #require(rows[0]["interface"])
            #expect(rows[0]["place"] == "inet filter input")
            #expect(
                rows[1]["reason"]?.contains(#/^rule 2, handle \d+ \(.*224\.0\.0\.253 drop\)$/#) == true,
                "\(rows)")
            let reason = "excluded by firewall.exclude; denied by its policy"
            #expect(rows[2]["place"] == "inet filter output" && rows[2]["reason"] == reason, "\(rows)")

            let text = try await teredowall("status").text
            #expect(text.contains("; O1, O2 not served; I2 denied by your rules\n"), "\(text)")
            #expect(
                text.contains(
                    "NOT SERVED  inet filter output: denied by its policy (left alone: see below)\n"),
                "\(text)")
            #expect(
                text.contains("  left alone  inet filter output: excluded by firewall.exclude\n"), "\(text)")
            let plan = try await teredowall("plan").text
            #expect(
                plan.contains("# I1 in, to the service port, on \(interface): open by inet filter input\n"),
                "\(plan)")
            #expect(
                plan.contains(
                    "# O1 out, from the service port, on \(interface): NOT SERVED inet filter output: \(reason)\n"
                ), "\(plan)")
            // With a configuration file, `plan` makes the plan itself instead of asking the daemon.
            let file = "/run/lab/teredowalld.toml"
            let planByFile = try await teredowall("plan", "--config", file).text
            #expect(planByFile.contains("NOT SERVED inet filter output"), "\(planByFile)")
            #expect(try await teredowall("metrics").text.contains("teredowall_unserved_rows 2\n"))

            let line =
                "O1, O2 on \(interface) not served: excluded by firewall.exclude; "
                + "denied by inet filter output, its policy"
            for _ in 0..<3 { #expect(try await teredowall("rescan").status == 0) }
            try await host.load("table inet other { chain c { type filter hook forward priority 0; }; }")
            #expect(try await teredowall("rescan").status == 0)
            // The log has the line once (two parts), although the daemon has looked several times.
            #expect(daemon.text.components(separatedBy: line).count == 2, "\(daemon.text)")
            #expect(!daemon.text.contains("left alone: inet filter output"), "\(daemon.text)")
            #expect(try await host.stop(daemon) == 0)
        }
    }

    @Test func `iptables-legacy in use is one warning, in the log and in the status`() async throws {
        try await Lab.withDaemonHost { _, host, daemon in
            try await host.run("iptables-legacy", "-A", "INPUT", "-p", "udp", "--dport", "9", "-j", "DROP")
            let directory = ["--runtime-directory", host.runtimeDirectory]
            for _ in 0..<3 {
                #expect(try await host.outcome([built("teredowall"), "rescan"] + directory).status == 0)
            }
            let warning = "iptables-legacy: its tables are in use (filter)"
            #expect(
                daemon.text.components(separatedBy: "left alone: \(warning)").count == 2, "\(daemon.text)")
            let status = try await host.outcome([built("teredowall"), "status"] + directory)
            #expect(status.text.contains("left alone  \(warning)"), "\(status.text)")
            #expect(status.status == 5)  // there is a problem
        }
    }
}
