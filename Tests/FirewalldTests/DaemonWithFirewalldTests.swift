// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// Tests teredowalld beside a real firewalld, following a socket of the Teredo client's user.
@Suite(.enabledAsRoot) struct DaemonWithFirewalldTests {
    @Test func `the port stays open through reloads and a restart of firewalld, and closes with the client`()
        async throws
    {
        try await FirewalldHost.with { host in
            let before = try await host.run("nft", "-s", "list", "ruleset")
            let counter = try await DatagramCounter(host)
            let daemon = try await host.startDaemon()
            try await eventually("the standing rule", seen: { daemon.text }) {
                try await host.richRules() == [discoveryRule()]
            }
            let client = try await host.startClient(port: 41000)
            try await eventually("the rule for the port", seen: { daemon.text }) {
                try await host.richRules() == [discoveryRule(), portRule()]
            }
            #expect(try await counter.passes(41000))

            for disturbance in ["--reload", "--complete-reload", "restart"] {
                if disturbance == "restart" {
                    try await host.stopFirewalld()
                    try await host.startFirewalld()
                } else {
                    try await host.firewallCommand(disturbance)
                }
                try await eventually("the rules after \(disturbance)", seen: { daemon.text }) {
                    try await host.richRules().count == 2
                }
                #expect(try await counter.passes(41000))
            }

            try await host.signal("KILL", client)
            try await eventually("the end of the rule for the port", seen: { daemon.text }) {
                try await host.richRules().allSatisfy { $0.contains("224.0.0.253") }
            }
            #expect(try await !counter.passes(41000))
            try await host.signal("TERM", daemon)
            #expect(try await daemon.end() == 0)
            #expect(try await host.richRules() == [])
            try await counter.removeTable()
            #expect(try await host.run("nft", "-s", "list", "ruleset") == before)
        }
    }

    @Test func `with firewalld's backend iptables the exceptions are in the tables of iptables`()
        async throws
    {
        try await FirewalldHost.with { host in
            try await host.stopFirewalld()
            try await host.run(
                "sh", "-ec",
                """
                sed -i 's/^FirewallBackend=.*/FirewallBackend=iptables/' /etc/firewalld/firewalld.conf
                nft flush ruleset
                """)
            try await host.startFirewalld()
            // After the first complete reload, firewalld no longer changes the order of its chains.
            try await host.firewallCommand("--complete-reload")
            let before = try await host.run("nft", "-s", "list", "ruleset")
            let daemon = try await host.startDaemon()
            _ = try await host.startClient(port: 41000)
            let counter = try await DatagramCounter(host)
            // `--state` changes nothing: the first round examines the rules before any reload.
            for disturbance in ["--state", "--reload", "--complete-reload"] {
                try await host.firewallCommand(disturbance)
                try await eventually("the rules after \(disturbance)", seen: { daemon.text }) {
                    try await host.run("iptables-save").contains("--dport 41000 ")
                }
                #expect(try await counter.passes(41000))
                #expect(try await !counter.passes(41001))
            }
            // The nat chains, which are not read, must raise no warning.
            #expect(!daemon.text.contains("nat OUTPUT"), "\(daemon.text)")
            #expect(try await host.richRules() == [])
            try await host.signal("TERM", daemon)
            #expect(try await daemon.end() == 0)
            try await counter.removeTable()
            #expect(try await host.run("nft", "-s", "list", "ruleset") == before)
        }
    }

    @Test func `exceptions return after the message bus was restarted`() async throws {
        try await FirewalldHost.with { host in
            let daemon = try await host.startDaemon()
            _ = try await host.startClient(port: 41000)
            try await eventually("the rules", seen: { daemon.text }) { try await host.richRules().count == 2 }
            try await host.stopFirewalld()
            try await host.restartBus()
            try await host.startFirewalld()
            try await eventually("the rules again", seen: { daemon.text }) {
                try await host.richRules().count == 2
            }
        }
    }

    @Test func `the start of the client after a stop counts as no heal when firewalld had no rule before`()
        async throws
    {
        try await FirewalldHost.with { host in
            let daemon = try await host.startDaemon(settings: "[exceptions]\nmulticast = false\n")
            let client = try await host.startClient(port: 41000)
            try await eventually("the rule", seen: { daemon.text }) {
                try await host.richRules() == [portRule()]
            }
            try await host.signal("KILL", client)
            try await eventually("the end of the rule", seen: { daemon.text }) {
                try await host.richRules().isEmpty
            }
            _ = try await host.startClient(port: 41001)
            try await eventually("the message about the new port", seen: { daemon.text }) {
                daemon.text.contains("41001 in inet firewalld")
            }
            #expect(!daemon.text.contains("put the exceptions back"), "\(daemon.text)")
        }
    }

    @Test func `the rules of a killed daemon expire`() async throws {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            let daemon = try await host.startDaemon(lease: "3s")
            _ = try await host.startClient(port: 41000)
            try await eventually("the rules", seen: { daemon.text }) { try await host.richRules().count == 2 }
            try await host.signal("KILL", daemon)
            try await eventually("the end of the rules") { try await host.richRules().isEmpty }
            #expect(try await !counter.passes(41000))
        }
    }
}

extension FirewalldHost {
    /// Starts teredowalld, and returns when its control socket exists. `settings` are further lines of the configuration.
    func startDaemon(lease: String = "3m", settings: String = "") async throws -> BackgroundProcess {
        let configuration = scratch.appending(path: "teredowall.toml")
        try "[client]\nuser = \"daemon\"\n[firewall]\nlease = \"\(lease)\"\n\(settings)"
            .write(to: configuration, atomically: false, encoding: .utf8)
        let daemon = try start(
            "teredowalld", built("teredowalld"), "--config", "/run/teredowall.toml",
            "--runtime-directory", "/run/teredowall")
        try await eventually("the daemon's control socket", seen: { daemon.text }) {
            try await run("find", "/run", "-path", "/run/teredowall/control").contains("control")
        }
        return daemon
    }

    /// Starts a program of the user `daemon` that binds a socket like a Teredo client, and runs `teredowall
    /// rescan` as the client's hook does.
    func startClient(port: UInt16) async throws -> BackgroundProcess {
        let client = try start(
            "client", "setpriv", "--reuid", "daemon", "--regid", "daemon", "--clear-groups",
            "/usr/bin/python3", "-c",
            "import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                + "s.bind(('', \(port))); time.sleep(3600)")
        try await eventually("the client's socket", seen: { client.text }) {
            try await run("ss", "-Huanl").contains("0.0.0.0:\(port) ")
        }
        try await run(built("teredowall"), "--runtime-directory", "/run/teredowall", "rescan")
        return client
    }
}
