// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the settings of the shipped units for a daemon that fails repeatedly.
@Suite(.enabledAsRoot) struct RestartTests {
    private static let units = ["teredowalld", "teredowalld@blue"]

    @Test func `a daemon that fails repeatedly is restarted at growing intervals`() async throws {
        // trixie, because these settings came with systemd 254.
        let output = try await DebianSystem.runOutside(
            "bash",
            [
                "-euo", "pipefail", "-c",
                """
                cd "$0"; . scripts/lib/common.sh; . Tests/Hosts/private-root.sh
                root=$(private_root_release trixie)
                bash Tests/Hosts/run-in-release.sh "$root" Tests/Hosts/dying-daemon.sh
                """, packageRoot.path,
            ])
        let settings = "RestartSteps=8\nRestartMaxDelayUSec=1min\n"
        #expect(output.hasPrefix(settings + settings), "\(output)")
        for unit in Self.units {
            let pauses = output.split(separator: "\n").filter { $0.hasPrefix("\(unit) ") }
                .compactMap { Double($0.dropFirst(unit.count + 1)) }
            #expect(pauses.count >= 4, "\(output)")
            // The pause grows from RestartSec (1 s) to RestartMaxDelaySec (60 s) in RestartSteps (8) equal factors.
            // On a busy machine each pause is longer. 0.01 s is for rounding.
            for (index, pause) in pauses.prefix(4).enumerated() {
                #expect(pause >= pow(60, Double(index) / 8) - 0.01, "\(output)")
            }
        }
    }

    @Test func `systemd accepts the units, and an older one ignores only settings that it lacks`()
        async throws
    {
        try await DebianSystem.with { system in
            try await system.installAndStart()
            let version = try #require(
                try await system.run("systemctl", "--version").firstMatch(of: /systemd (\d+)/)?.1)
            let isOlder = try #require(Int(version)) < 254
            let unknownSettings = isOlder ? ["RestartSteps", "RestartMaxDelaySec"] : []
            try await system.shell("ip netns add blue")
            for unit in Self.units {
                let verdict = try await system.shell("systemd-analyze verify --man=no \(unit).service 2>&1")
                let complaints = verdict.split(separator: "\n").filter {
                    // Leaves out complaints about other units, which systemd-analyze may load because of their order.
                    $0.contains("/\(unit.replacing("@blue", with: "@")).service:")
                }
                #expect(complaints.count == unknownSettings.count, "\(verdict)")
                for name in unknownSettings {
                    #expect(
                        complaints.contains { $0.contains("'\(name)'") && $0.hasSuffix("ignoring.") },
                        "\(verdict)")
                }
            }
            #expect(try await system.property("ActiveState") == "active")
        }
    }
}
