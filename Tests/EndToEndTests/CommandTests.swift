// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the command `teredowall`. teredowall(8) lists its exit statuses.
@Suite(.enabledAsRoot) struct CommandTests {
    @Test func `port needs neither root nor the daemon`() async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            let none = try await host.outcome(asNobody + [built("teredowall"), "port"])
            #expect(none.status == 3, "\(none.text)")  // no port
            let port = try await host.startedClient()
            let one = try await host.outcome(asNobody + [built("teredowall"), "port"])
            #expect(one.status == 0)
            #expect(one.text == "\(port)\n")
        }
    }

    @Test func `watch reports every change, without root and the daemon`() async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            let watch = try host.start(
                "watch", asNobody + [built("teredowall"), "watch", "--json"])
            try await eventually("the present state", seen: { watch.text }) {
                watch.text.contains(#""type":"none","port":null"#)
            }
            let old = try await host.startedClient()
            try await eventually("the start", seen: { watch.text }) { watch.text.contains("\(old)") }
            try await host.signalClient("HUP")
            let new = try await host.clientPort(besides: old)
            try await eventually("the change", seen: { watch.text }) { watch.text.contains("\(new)") }
            let lines = watch.text.split(separator: "\n").count
            try await host.signalClient("TERM")
            try await eventually("the stop", seen: { watch.text }) {
                watch.text.split(separator: "\n").count == lines + 1
            }
            for line in watch.text.split(separator: "\n") {
                #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
            }
            try await host.signal("TERM", watch)
        }
    }

    @Test func `plan changes nothing, and nft can load its output`() async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            try await host.load(HostFirewall.strict)
            let port = try await host.startedClient()
            let before = try await host.ruleset()
            let plan = try await host.teredowall("plan")
            #expect(plan.status == 0, "\(plan.text)")
            #expect(try await host.ruleset() == before)
            try await host.load(plan.text)
            try await host.eventuallyOpen([port])
            #expect(try await host.ruleset().contains("jump teredowall-input"))
        }
    }

    @Test func `cleanup removes the objects that a killed daemon left`() async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            try await host.load(HostFirewall.strict)
            let before = try await host.ruleset()
            let daemon = try await host.startDaemon()
            try await host.eventuallyOpen([try await host.startedClient()])
            try await host.signal("KILL", daemon)
            _ = try await daemon.end()
            #expect(try await host.ruleset() != before)
            let cleanup = try await host.teredowall("cleanup", "--leftovers")
            #expect(cleanup.status == 0, "\(cleanup.text)")
            #expect(cleanup.text.contains("inet filter"), "\(cleanup.text)")
            #expect(try await host.ruleset() == before)
        }
    }

    @Test func `cleanup ends a running daemon`() async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            try await host.load(HostFirewall.strict)
            let before = try await host.ruleset()
            let daemon = try await host.startDaemon()
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            // Objects of a daemon that runs are not leftovers.
            #expect(try await host.teredowall("cleanup", "--leftovers").text == "nothing to remove\n")
            #expect(try await host.openPorts()["inet filter"] == [port])
            let cleanup = try await host.teredowall("cleanup")
            #expect(cleanup.status == 0, "\(cleanup.text)")
            #expect(try await daemon.end() == 0, "\(daemon.text)")
            #expect(try await host.ruleset() == before)
        }
    }

    @Test func `status shows the port and the attachments`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            let status = try await host.teredowall("status", "--runtime-directory", host.runtimeDirectory)
            #expect(status.status == 0, "\(status.text)")
            #expect(status.text.contains("\(port)"), "\(status.text)")
            #expect(status.text.contains("inet filter"), "\(status.text)")
        }
    }

    @Test func `check reports that Teredo would pass, and affects neither the daemon nor the firewall`()
        async throws
    {
        try await Lab.withDaemonHost { _, host, daemon in
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            let before = try await host.ruleset()
            let log = daemon.text
            let check = try await host.teredowall("check")
            #expect(check.status == 0, "\(check.text)")
            #expect(check.text.contains("Teredo would pass: UDP port \(port)"), "\(check.text)")
            #expect(!check.text.contains("teredowalld:"), "\(check.text)")
            let json = try await host.teredowall("check", "--json")
            let report = try #require(
                JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any], "\(json.text)")
            #expect(report["passes"] as? Bool == true)
            let rows = try #require(report["rows"] as? [[String: Any]])
            #expect(rows.compactMap { $0["name"] as? String } == ["I1", "I2", "O1", "O2"])
            #expect(rows.allSatisfy { $0["isProven"] as? Bool == true })
            #expect(try await host.ruleset() == before)
            #expect(daemon.text == log)
        }
    }

    @Test func `without a daemon, check names the chain that drops Teredo's packets`() async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            try await host.load(HostFirewall.workstation)
            let port = try await host.startedClient()
            let check = try await host.teredowall("check")
            #expect(check.status == 1, "\(check.text)")
            #expect(check.text.contains("dropped by inet filter input: policy drop"), "\(check.text)")
            #expect(check.text.contains("UDP from port \(port)"), "\(check.text)")
            #expect(check.text.contains("teredowalld: the daemon does not run"), "\(check.text)")
            let unprivileged = try await host.outcome(asNobody + [built("teredowall"), "check"])
            #expect(unprivileged.status == 77, "\(unprivileged.text)")  // needs root
        }
    }

    @Test func `a check that is killed leaves no object in the ruleset`() async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            try await host.load(HostFirewall.strict)
            let before = try await host.ruleset()
            let monitor = try host.start("monitor", "bash", "-c", CommitJournal.monitor)
            // Kills five checks. More may be needed, because on a busy machine a check may end before the signal.
            var killed = 0
            _ = try await CommitJournal.of(monitor, shell: host.shell) {
                for round in 0..<50 where killed < 5 {
                    // The number of tables that `check` has made so far.
                    func tables() -> Int {
                        monitor.text.matches(of: /add table inet teredowall-check-/).count
                    }
                    let earlier = tables()
                    // Without a client no socket is in the discovery group; `check` needs half a second to
                    // find that out, so there is time to kill it.
                    let check = try host.start("check-\(round)", built("teredowall"), "check")
                    try await eventually("the table of the check", seen: { check.text + monitor.text }) {
                        tables() > earlier
                    }
                    // Sending fails if the command has ended.
                    let isSent = (try? await host.signal("KILL", check)) != nil
                    // 1 is the status of a complete check: Teredo would not pass.
                    if try await check.end() != 1, isSent { killed += 1 }
                    #expect(try await host.ruleset() == before)
                }
            }
            #expect(killed == 5)
        }
    }
}
