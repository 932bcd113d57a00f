// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests the network scripts with the tools that run them, in every state of the daemon.
@Suite(.enabledAsRoot) struct NetworkScriptTests {
    /// The longest accepted delay of an interface by the scripts, which start a program in the background and do not
    /// wait for it.
    private static let maximalDelay = Duration.milliseconds(50)

    /// The state of the daemon when an interface comes up.
    enum DaemonState: String, CaseIterable, CustomTestStringConvertible {
        /// A hung daemon has received SIGSTOP. An absent daemon is not installed, although its scripts remain.
        case running, stopped, hung, absent
        var testDescription: String { rawValue }
    }

    @Test(arguments: DaemonState.allCases)
    func `the script delays ifup by less than 50 ms`(_ state: DaemonState) async throws {
        try await DebianSystem.with { system in
            try await system.prepareInterface()
            try await system.install()
            try await system.bringDaemon(to: state)
            try system.recordTimesAround("/etc/network/if-up.d", before: "teredowal", after: "teredowall-z")
            // The shell script, and so the test, fails if ifup fails.
            try await system.shell(
                "for try in {1..11}; do ifup veth0; ifdown veth0; \(state.reset); done")
            let delay = try await system.medianRecordedTime("ifup, daemon \(state)")
            #expect(delay < Self.maximalDelay, "\(delay)")
        }
    }

    @Test(arguments: DaemonState.allCases)
    func `the script delays NetworkManager by less than 50 ms, and its dispatcher reports no failure`(
        _ state: DaemonState
    ) async throws {
        try await DebianSystem.with { system in
            try await system.prepareInterface(forIfupdown: false)
            try await system.install()
            try system.write("[main]\nno-auto-default=*\n", to: "etc/NetworkManager/conf.d/test.conf")
            try await system.shell(
                """
                systemctl start NetworkManager
                nmcli device set veth0 managed yes
                nmcli connection add type ethernet ifname veth0 con-name test autoconnect no \
                    ipv4.method manual ipv4.addresses 10.1.0.1/24 ipv6.method disabled
                """)
            try await eventually(
                "NetworkManager to manage veth0", seen: { try await system.run("nmcli", "device") }
            ) {
                try await system.run("nmcli", "-g", "GENERAL.STATE", "device", "show", "veth0")
                    .contains("disconnected")
            }
            try await system.bringDaemon(to: state)
            try await system.shell("nmcli connection up test; nmcli connection down test")
            let dispatcher = try await system.run(
                "journalctl", "--no-pager", "-u", "NetworkManager-dispatcher")
            #expect(!dispatcher.contains("failed"), "\(dispatcher)")
            let delay = try await system.delay(
                up: "nmcli connection up test", down: "nmcli connection down test",
                script: "/usr/lib/NetworkManager/dispatcher.d/50-teredowall", reset: state.reset)
            #expect(delay < Self.maximalDelay, "\(delay)")
        }
    }

    @Test(arguments: DaemonState.allCases)
    func `the script delays networkd-dispatcher by less than 50 ms, which reports no failure`(
        _ state: DaemonState
    ) async throws {
        try await DebianSystem.with { system in
            try await system.prepareInterface()
            try await system.install()
            try system.write(
                "[Match]\nName=veth0\n[Network]\nAddress=10.1.0.1/24\nLinkLocalAddressing=no\n",
                to: "etc/systemd/network/test.network")
            try await system.bringDaemon(to: state)
            try system.recordTimesAround("/etc/networkd-dispatcher/routable.d", before: "00", after: "99")
            try await system.run("systemctl", "start", "systemd-networkd", "networkd-dispatcher")
            for round in 0..<11 {
                // The pause lets networkd see the interface while it is down.
                try await system.shell("ip link set veth1 down; sleep 0.2; ip link set veth1 up")
                try await eventually(
                    "the scripts of round \(round)",
                    seen: { try await system.run("networkctl", "--no-pager") }
                ) {
                    try await system.shell("touch /run/after; wc -l </run/after")
                        .trimmingCharacters(in: .whitespacesAndNewlines) != "\(round)"
                }
                try await system.shell(state.reset)
            }
            let delay = try await system.medianRecordedTime("networkd-dispatcher, daemon \(state)")
            #expect(delay < Self.maximalDelay, "\(delay)")
            let log = try await system.run("journalctl", "--no-pager", "-u", "networkd-dispatcher")
            // networkd-dispatcher logs this text if a script fails.
            #expect(!log.contains("Exit status"), "\(log)")
        }
    }

    @Test func `an interface that comes up starts the service, unless the administrator disabled it`()
        async throws
    {
        try await DebianSystem.with { system in
            try await system.prepareInterface()
            try await system.install()
            #expect(try await system.property("ActiveState") == "inactive")
            try await system.run("systemctl", "--quiet", "disable", "teredowalld")
            try await system.run("ifup", "veth0")
            // The service must not start: wait longer than a start takes.
            try await Task.sleep(for: .seconds(2))
            #expect(try await system.property("ActiveState") == "inactive")
            try await system.shell("ifdown veth0; systemctl --quiet enable teredowalld; ifup veth0")
            try await system.awaitProperty("ActiveState") { $0 == "active" }
        }
    }

    @Test func `Miredo's ifupdown script reloads the client, and within a second the new port is open`()
        async throws
    {
        try await DebianSystem.with { system in
            try await system.loadStrictFirewall()
            try await system.prepareInterface()
            try await system.installAndStart()
            try await system.run("systemctl", "start", "miredo")
            for _ in 0..<3 {
                let old = try await system.awaitOpenClientPort()
                // Measured by one script, because each start of a program from outside takes time too. Gives up after
                // 20 s; prints microseconds.
                let output = try await system.shell(
                    """
                    ifup veth0
                    start=${EPOCHREALTIME/./}
                    until port=$(ss -Huln | sed -n 's/.*0.0.0.0:\\([0-9]*\\) .*/\\1/p') &&
                        [[ $port && $port != \(old) ]] && [[ $(nft --stateless list ruleset) == *$port* ]]; do
                        ((${EPOCHREALTIME/./} - start < 20000000)) || exit 1
                    done
                    echo $((${EPOCHREALTIME/./} - start))
                    ifdown veth0
                    """)
                let elapsed = Duration.microseconds(
                    Int(output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? .max)
                print("exception for the new port \(elapsed) after ifup")
                #expect(elapsed < .seconds(1))
            }
        }
    }

    @Test func `Miredo's client hook notifies the daemon, and the distribution's hook still runs`()
        async throws
    {
        try await DebianSystem.with { system in
            try await system.install()
            // Replaces the command teredowall by a script that records its arguments. The distribution's hook must stay
            // unchanged on the disk.
            try await system.shell(
                """
                printf '#!/bin/sh\\necho "$@" >>/run/arguments\\n' >/usr/bin/teredowall
                sum=$(sha256sum /etc/miredo/client-hook)
                systemctl start miredo
                echo "$sum" | sha256sum --check --quiet
                """)
            try await eventually("a call of the command by the hook") {
                try await system.outcome("grep", "-q", "rescan", "/run/arguments").status == 0
            }
            // Debian's hook adds this route.
            try await eventually("a default route") {
                try await system.run("ip", "-6", "route").contains("default dev teredo")
            }
        }
    }
}
