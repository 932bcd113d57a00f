// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the installed unit under the real systemd, beside the packaged services of Miredo and nftables.
@Suite(.enabledAsRoot) struct ServiceTests {
    @Test func `the service is ready with its rules in force and reports its status`()
        async throws
    {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.installAndStart()
            #expect(try await system.ruleset().contains("table inet teredowall {"))
            try await system.run("systemctl", "start", "miredo.service")
            let port = try await system.awaitOpenClientPort()
            try await system.awaitProperty("StatusText") { $0.contains(port) }
            #expect(try await system.property("ActiveState") == "active")
            #expect(try await system.run("systemctl", "status", "--no-pager", "teredowalld").contains(port))
        }
    }

    @Test func `stopping leaves the ruleset as it was`() async throws {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            let before = try await system.ruleset()
            try await system.installAndStart()
            try await system.run("systemctl", "start", "miredo.service")
            try await system.awaitOpenClientPort()
            try await system.run("systemctl", "stop", "teredowalld.service")
            #expect(try await system.ruleset() == before)
            #expect(try await system.property("Result") == "success")
            #expect(try await system.outcome("test", "-e", "/run/teredowall").status == 1)
        }
    }

    @Test func `the exceptions of a killed daemon are removed`() async throws {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            let before = try await system.ruleset()
            try await system.install()
            try system.override("Restart=no")
            try await system.shell("systemctl daemon-reload; systemctl start teredowalld miredo")
            try await system.awaitOpenClientPort()
            try await system.run("systemctl", "kill", "--signal=KILL", "--kill-who=main", "teredowalld")
            try await system.awaitProperty("ActiveState") { $0 == "failed" }
            #expect(try await system.ruleset() == before)
        }
    }

    @Test func `a killed daemon is restarted, and the port is open again`() async throws {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.installAndStart()
            try await system.run("systemctl", "start", "miredo")
            try await system.awaitOpenClientPort()
            try await system.run("systemctl", "kill", "--signal=KILL", "--kill-who=main", "teredowalld")
            try await system.awaitProperty("NRestarts") { $0 == "1" }
            try await system.awaitProperty("ActiveState") { $0 == "active" }
            try await system.awaitOpenClientPort()
        }
    }

    @Test func `a daemon that hangs is replaced by the watchdog`() async throws {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.install()
            try system.override("WatchdogSec=3")
            try await system.shell("systemctl daemon-reload; systemctl start teredowalld miredo")
            try await system.awaitOpenClientPort()
            let first = try await system.property("MainPID")
            // Twice WatchdogSec: systemd must not restart a daemon that responds.
            try await Task.sleep(for: .seconds(6))
            #expect(try await system.property("MainPID") == first)
            try await system.run("kill", "-STOP", first)
            try await system.awaitProperty("NRestarts") { $0 == "1" }
            try await system.awaitProperty("ActiveState") { $0 == "active" }
            #expect(try await system.property("MainPID") != first)
            try await system.awaitOpenClientPort()
            #expect(
                try await system.run("journalctl", "--no-pager", "-u", "teredowalld").contains(
                    "Watchdog timeout"))
        }
    }

    @Test func `without its capability the daemon fails with a message`() async throws {
        try await DebianSystem.with { system in
            try await system.install()
            // Takes the capability from the service only. Without it in the whole system, as in a container,
            // the unit's condition would skip the start. The first line empties the set; CAP_CHOWN is an unrelated
            // capability.
            try system.override("CapabilityBoundingSet=\nCapabilityBoundingSet=CAP_CHOWN")
            try await system.run("systemctl", "daemon-reload")
            #expect(try await system.outcome("systemctl", "start", "teredowalld").status != 0)
            // EX_NOPERM of sysexits.h.
            #expect(try await system.property("ExecMainStatus") == "77")
            #expect(
                try await system.run("journalctl", "--no-pager", "-u", "teredowalld").contains(
                    "CAP_NET_ADMIN"))
            #expect(try await system.ruleset().isEmpty)
        }
    }

    @Test
    func `without reports of binds the client is served, and the status shows the reason`()
        async throws
    {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.installAndStart()
            // As in a container: this system sees only the cgroups below one that is not the root.
            let reason = "the root of the cgroup v2 tree is not visible"
            let status = try await system.outcome("teredowall", "status").text
            #expect(status.contains("the kernel does not report binds (\(reason))"), "\(status)")
            try await system.run("systemctl", "start", "miredo.service")
            let first = try await system.awaitOpenClientPort()
            try await system.run("systemctl", "reload", "miredo.service")
            try await eventually("the next port", seen: { try await system.ruleset() }) {
                guard let port = try await system.clientPorts().subtracting([first]).first else {
                    return false
                }
                return try await system.ruleset().contains(port)
            }
        }
    }

    @Test func `a second daemon for the same network namespace exits and disturbs nothing`() async throws {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.installAndStart()
            try await system.run("systemctl", "start", "miredo")
            try await system.awaitOpenClientPort()
            let before = try await system.ruleset()
            try await system.shell(
                """
                sed s/RuntimeDirectory=teredowall/RuntimeDirectory=second/ /usr/lib/systemd/system/teredowalld.service \
                    >/etc/systemd/system/second.service
                systemctl daemon-reload
                """)
            #expect(try await system.outcome("systemctl", "start", "second").status != 0)
            try await system.awaitProperty("ActiveState", of: "second") { $0 == "failed" }
            // EX_TEMPFAIL of sysexits.h: another instance runs.
            #expect(try await system.property("ExecMainStatus", of: "second") == "75")
            #expect(try await system.property("ActiveState") == "active")
            #expect(try await system.ruleset() == before)
        }
    }

    @Test func `with client.unit another program of the client's user is not the client`() async throws {
        try await DebianSystem.with { system in
            try system.write("[client]\nunit = \"miredo.service\"\n", to: "etc/teredowall/teredowall.toml")
            try await system.loadStrictFirewall()
            try await system.installAndStart()
            // A program of the same user, started first and outside of the unit, is not the client. No other port
            // contains the digits of its port, which is below those that the kernel chooses for the client.
            let impostorPort = "25555"
            try await system.run(
                "systemd-run", "--quiet", "--unit=impostor", "--uid=miredo", "python3", "-c",
                """
                import socket, time
                s = socket.socket(type=socket.SOCK_DGRAM)
                s.bind(("", \(impostorPort)))
                time.sleep(600)
                """)
            try await eventually("the impostor's socket") {
                try await system.clientPorts() == [impostorPort]
            }
            try await system.run("systemctl", "start", "miredo")
            try await eventually("the client", seen: { try await system.ruleset() }) {
                let port = try await system.clientPorts().subtracting([impostorPort]).first
                guard let port else { return false }
                return try await system.ruleset().contains(port)
            }
            #expect(try await !system.ruleset().contains(impostorPort))
        }
    }

    @Test func `the daemon runs without systemd, under start-stop-daemon`() async throws {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            let before = try await system.ruleset()
            try await system.install()
            try await system.shell(
                """
                systemctl start miredo
                systemctl stop teredowalld
                start-stop-daemon --start --background --make-pidfile --pidfile /run/teredowalld.pid \
                    --exec /usr/sbin/teredowalld
                """)
            try await system.awaitOpenClientPort()
            try await system.shell(
                """
                teredowall status >/dev/null
                start-stop-daemon --stop --retry 10 --remove-pidfile --pidfile /run/teredowalld.pid
                """)
            #expect(try await system.ruleset() == before)
        }
    }

    @Test func `a template instance serves another network namespace only`() async throws {
        try await DebianSystem.with { system in
            try await system.install()
            try await system.shell(
                """
                ip netns add blue
                systemctl start teredowalld@blue
                systemctl is-active teredowalld@blue
                test -S /run/teredowall-blue/control
                """)
            #expect(
                try await system.run("ip", "netns", "exec", "blue", "nft", "list", "ruleset")
                    .contains("table inet teredowall"))
            #expect(try await system.ruleset().isEmpty)
            try await system.run("systemctl", "stop", "teredowalld@blue")
            #expect(try await system.run("ip", "netns", "exec", "blue", "nft", "list", "ruleset").isEmpty)
        }
    }
}
