// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests `systemctl reload teredowalld`.
@Suite(.enabledAsRoot) struct ReloadTests {
    @Test func `a new configuration comes into force without closing ports that stay allowed`() async throws {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.installAndStart()
            try await system.run("systemctl", "start", "miredo")
            let port = try await system.awaitOpenClientPort()
            #expect(try await system.ruleset().contains("224.0.0.253"))
            let process = try await system.property("MainPID")
            // The output of nft monitor shows whether a rule is removed and added again.
            try await system.run(
                "systemd-run", "--quiet", "--unit=changes", "--property=StandardOutput=file:/run/changes",
                "nft", "monitor")
            try await system.awaitMonitor(marker: "changes-begin")
            try system.write(
                "[exceptions]\nmulticast = false\n", to: "etc/teredowall/teredowall.toml.d/test.toml")
            try await system.run("systemctl", "reload", "teredowalld")
            try await eventually("no multicast", seen: { try await system.ruleset() }) {
                try await !system.ruleset().contains("224.0.0.253")
            }
            #expect(try await system.ruleset().contains(port))
            #expect(try await system.property("MainPID") == process)
            try await system.awaitProperty("ActiveState") { $0 == "active" }
            try await system.awaitMonitor(marker: "changes-end")
            try await system.run("systemctl", "stop", "changes")
            let changes = try await system.run("cat", "/run/changes").split(separator: "\n")
            #expect(
                !changes.contains { $0.hasPrefix("delete element") && $0.contains(port) }, "\(changes)")
        }
    }

    @Test func `with client.unit the unit's port is open, and no port of the user's other processes`()
        async throws
    {
        try await DebianSystem.with { system in
            let file = "etc/teredowall/teredowall.toml.d/test.toml"
            let otherPort = "25555"  // below the ports that the kernel chooses for the client
            try await system.loadStrictFirewall()
            try await system.install()
            try system.write("[client]\nunit = \"miredo.service\"\n", to: file)
            try await system.shell("systemctl start teredowalld miredo")
            try await system.awaitOpenClientPort()
            try await system.run(
                "systemd-run", "--quiet", "--unit=impostor", "--uid=miredo", "--property=Type=notify",
                "--property=NotifyAccess=all", "/usr/bin/python3", "-c",
                """
                import os, socket, time
                client_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                client_socket.bind(("", \(otherPort)))
                manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                manager.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
                time.sleep(1000)
                """)
            try await system.run("teredowall", "rescan")
            #expect(try await !system.ruleset().contains(otherPort))
            // With the user as the only condition, that process counts as the client too.
            try system.write("[client]\nunit = \"\"\n", to: file)
            try await system.run("systemctl", "reload", "teredowalld")
            try await eventually("the port of the user's other process", seen: { try await system.ruleset() })
            {
                try await system.ruleset().contains(otherPort)
            }
        }
    }

    @Test func `an invalid configuration is refused with its location, and changes nothing`() async throws {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.installAndStart()
            let before = try await system.ruleset()
            try system.write("\n[firewall]\nlease = 3\n", to: "etc/teredowall/teredowall.toml.d/test.toml")
            #expect(try await system.outcome("systemctl", "reload", "teredowalld").status != 0)
            let location = "/etc/teredowall/teredowall.toml.d/test.toml:3: firewall.lease"
            #expect(try await system.run("journalctl", "--no-pager", "-u", "teredowalld").contains(location))
            // A reload by a signal alone is refused in the same way.
            try await system.run("systemctl", "kill", "--signal=HUP", "--kill-who=main", "teredowalld")
            try await eventually("a second refusal") {
                try await system.run("journalctl", "--no-pager", "-u", "teredowalld")
                    .components(separatedBy: location).count > 2  // the text occurs twice
            }
            #expect(try await system.property("ActiveState") == "active")
            #expect(try await system.ruleset() == before)
        }
    }

    @Test func `a start with an invalid configuration is not repeated`() async throws {
        try await DebianSystem.with { system in
            try await system.install()
            try system.write("nonsense = 1\n", to: "etc/teredowall/teredowall.toml")
            #expect(try await system.outcome("systemctl", "start", "teredowalld").status != 0)
            try await system.awaitProperty("ActiveState") { $0 == "failed" }
            #expect(try await system.property("ExecMainStatus") == "2")  // wrong configuration
            #expect(try await system.property("NRestarts") == "0")
        }
    }
}

extension DebianSystem {
    /// Makes and deletes a table of this name until `nft monitor` has reported that: it has then reported all earlier
    /// changes too.
    fileprivate func awaitMonitor(marker: String) async throws {
        try await eventually("nft monitor", seen: { try await self.run("cat", "/run/changes") }) {
            try await shell("nft add table ip \(marker); nft delete table ip \(marker)")
            return try await run("cat", "/run/changes").contains("delete table ip \(marker)")
        }
    }
}
