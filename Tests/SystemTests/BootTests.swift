// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the order in which units start at boot, and units that are started or installed later.
@Suite(.enabledAsRoot) struct BootTests {
    @Test func `the service starts after the firewall and before the client, whose first packet passes`()
        async throws
    {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.run("systemctl", "stop", "nftables")
            try await system.install()
            // One systemd transaction for all units, as at boot.
            try await system.shell(
                """
                systemctl --quiet enable nftables miredo
                systemctl daemon-reload
                systemctl start nftables miredo teredowalld
                """)
            try await system.awaitOpenClientPort()
            let firewallIsActive = try await system.time(
                "ActiveEnterTimestampMonotonic", of: "nftables.service")
            let serviceStarts = try await system.time(
                "InactiveExitTimestampMonotonic", of: "teredowalld.service")
            let serviceIsReady = try await system.time(
                "ActiveEnterTimestampMonotonic", of: "teredowalld.service")
            let clientStarts = try await system.time(
                "ExecMainStartTimestampMonotonic", of: "miredo.service")
            #expect(firewallIsActive <= serviceStarts)
            #expect(serviceIsReady <= clientStarts)
            // A lost first solicitation would delay the qualification by 4 seconds.
            try await eventually("qualification", within: .seconds(3)) {
                try await system.run("journalctl", "--no-pager", "-u", "miredo").contains(
                    "pseudo-tunnel started")
            }
        }
    }

    @Test func `the service needs neither client nor firewall`() async throws {
        try await DebianSystem.with { system in
            try await system.install()
            try await system.shell(
                "mv /lib/systemd/system/{miredo,nftables}.service /root; systemctl daemon-reload")
            try await system.run("systemctl", "start", "teredowalld")
            #expect(try await system.property("ActiveState") == "active")
        }
    }

    @Test func `a client that is installed later is followed`() async throws {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.shell(
                """
                mv /lib/systemd/system/miredo.service /usr/sbin/miredo /root
                userdel miredo
                systemctl daemon-reload
                # With a server that does not answer, the client never runs its hook, which would notify the daemon.
                sed -i 's/^ServerAddress.*/ServerAddress 192.0.2.1/' /etc/miredo.conf
                """)
            try await system.installAndStart()
            #expect(try await system.ruleset().contains("table inet teredowall {"))
            try await system.shell(
                """
                useradd --system --home-dir /var/run/miredo --no-create-home miredo
                mv /root/miredo.service /lib/systemd/system/
                mv /root/miredo /usr/sbin/
                systemctl daemon-reload
                systemctl start miredo
                """)
            try await system.awaitOpenClientPort()
            // The standing rule for output names the ID of the user, which did not exist before. It is added
            // together with the port.
            #expect(try await system.ruleset().contains("skuid"))
        }
    }

    @Test func `starting the client starts the service`() async throws {
        try await DebianSystem.with { system in
            try await system.install()
            try await system.run("systemctl", "start", "miredo")
            try await system.awaitProperty("ActiveState") { $0 == "active" }
        }
    }
}

extension DebianSystem {
    /// A time stamp of a unit, in microseconds of the monotonic clock. Throws if it is not set.
    func time(_ name: String, of unit: String) async throws -> Int {
        let text = try await property(name, of: unit)
        guard let time = Int(text), time > 0 else {
            throw Unexpected(description: "\(name) of \(unit) is \(text)")
        }
        return time
    }
}
