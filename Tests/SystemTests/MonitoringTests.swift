// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the monitoring examples as an administrator uses them.
@Suite(.enabledAsRoot) struct MonitoringTests {
    private static let examples = packageRoot.appending(path: "scripts/packaging/examples")

    @Test func `promtool accepts the alert rules and the metrics, and each rule uses metrics that exist`()
        async throws
    {
        let rules = Self.examples.appending(path: "prometheus-rules.yml")
        let output = try await promtool(["check", "rules", rules.path])
        #expect(output.contains("7 rules found"))  // all that the file has
        let text = try String(contentsOf: rules, encoding: .utf8)
        let used = Set(text.matches(of: /teredowall_[a-z_]+/).map { String($0.output) })
        #expect(used.count >= 6)  // the names of metrics were found
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.installAndStart()
            try await system.shell(
                """
                cp /usr/share/doc/teredowall/examples/teredowall-metrics.* /etc/systemd/system
                mkdir -p /var/lib/prometheus/node-exporter
                systemctl daemon-reload
                systemctl start miredo teredowall-metrics.service
                """)
            try await system.awaitOpenClientPort()
            try await system.run(
                "systemctl", "start", "teredowall-metrics.timer", "teredowall-metrics.service")
            let metrics = try await system.run("cat", "/var/lib/prometheus/node-exporter/teredowall.prom")
            try await self.promtool(["check", "metrics"], input: metrics)
            #expect(metrics.contains("teredowall_port_present 1"))
            for name in used { #expect(metrics.contains("\n\(name)"), "\(name)") }
        }
    }

    @Test func `the Nagios plugin distinguishes a healthy daemon, one with a problem and a missing one`()
        async throws
    {
        try await DebianSystem.with { system in
            let plugin = "/usr/share/doc/teredowall/examples/check_teredowall"
            try await system.loadStrictFirewall()
            try await system.install()
            // The statuses of plugins for Nagios: 0 is OK, 1 a warning, 2 critical.
            let withoutDaemon = try await system.outcome(plugin)
            #expect(withoutDaemon.status == 2)
            #expect(
                withoutDaemon.text.hasPrefix("TEREDOWALL CRITICAL - teredowall: teredowalld does not run"))
            try await system.run("systemctl", "start", "teredowalld", "miredo")
            try await system.awaitOpenClientPort()
            let healthy = try await system.outcome(plugin)
            #expect(healthy.status == 0)
            #expect(healthy.text.hasPrefix("TEREDOWALL OK - teredowalld: UDP port "))
            // A refused configuration is a problem, and so a warning.
            try system.write("[client]\nuser = 7\n", to: "/etc/teredowall/teredowall.toml.d/50-bad.toml")
            try await system.run("systemctl", "kill", "--signal=HUP", "--kill-who=main", "teredowalld")
            try await eventually("a warning", seen: { try await system.outcome(plugin).text }) {
                try await system.outcome(plugin).status == 1
            }
        }
    }

    /// Runs promtool with these arguments, and returns its output.
    @discardableResult
    private func promtool(_ words: [String], input: String? = nil) async throws -> String {
        let path = try await DebianSystem.runOutside(
            packageRoot.appending(path: "Tests/Hosts/promtool.sh").path, [])
        return try await DebianSystem.runOutside(
            path.trimmingCharacters(in: .whitespacesAndNewlines), words, input: input)
    }
}
