// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import TestSupport
import Testing

/// Somebody else on the message bus who pretends to be firewalld, or the bus: each signal that is waited for is forged, to
/// all and to each connection alone.
@Suite(.enabledAsRoot) struct StrangerTests {
    @Test func `forged signals of other users are not events`() async throws {
        try await FirewalldHost.with { host in
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            #expect(try await host.forgeSignals(rounds: 20) >= 280)
            try await host.firewallCommand("--zone=home", "--change-interface=eth0")
            let heard = Record<FirewalldEvent>()
            _ = try await firewall.event("what firewalld says itself") { event in
                heard.append(event)
                return if case .changed(let what) = event { what.contains("home eth0") } else { false }
            }
            // That it had started was the first.
            #expect(Set(heard.all.dropLast()).subtracting([.started]) == [], "\(heard.all)")
        }
    }

    @Test func `forged reloads and exits of firewalld have no effect`()
        async throws
    {
        try await FirewalldHost.with { host in
            // No renewal meanwhile, which would change the rules.
            let daemon = try host.startDaemon(lease: "1h")
            _ = try await host.startClient(port: 41000)
            try await eventually("the rules", seen: { daemon.text }) { try await host.richRules().count == 2 }
            let (rules, said) = (try await host.richRules(), daemon.text)
            let process = try await daemon.child()
            let before = try processorTime(of: process)
            let sent = try await host.forgeSignals(rounds: 2000)
            let used = try processorTime(of: process) - before
            print("forged: \(sent) signals, \(used) s of the daemon")
            #expect(try await host.richRules() == rules, "\(daemon.text)")
            #expect(daemon.text == said)
            // Each was 21 µs, a look included, when they were believed; those that come are read and dropped.
            #expect(used / Double(sent) < 20e-6, "\(used) s for \(sent)")

            // firewalld itself is heard as before.
            try await host.firewallCommand("--reload")
            try await eventually("the rules after a reload", seen: { daemon.text }) {
                let now = try await host.richRules()
                return now.count == 2 && now != rules
            }
            try await host.signal("TERM", daemon)
            #expect(try await daemon.end() == 0)
            #expect(try await host.richRules() == [])
        }
    }

    @Test func `only root can own firewalld's name on the bus`() async throws {
        try await FirewalldHost.with { host in
            try await host.stopFirewalld()
            let program = """
                import dbus
                try: dbus.SystemBus().request_name("org.fedoraproject.FirewallD1"); print("taken")
                except dbus.exceptions.DBusException as error: print(error.get_dbus_name())
                """
            let answer = try await host.run(asNobody: "/usr/bin/python3", "-c", program)
            #expect(answer == "org.freedesktop.DBus.Error.AccessDenied\n")
        }
    }

    /// Seconds of all its threads.
    private func processorTime(of process: Int32) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        let fields = try #require(text.split(separator: ")").last).split(separator: " ")
        return Double(try #require(Int(fields[11])) + #require(Int(fields[12])))
            / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

extension FirewalldHost {
    fileprivate func run(asNobody words: String...) async throws -> String {
        try await run(["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] + words)
    }

    /// Forges all of them so often; gives how many were sent.
    fileprivate func forgeSignals(rounds: Int) async throws -> Int {
        let script = Self.packageRoot.appending(path: "Tests/Hosts/forge-signals.py").path
        // Nobody may not be able to come to the tree.
        try await run("install", "-m", "644", script, "/run/forge.py")
        let text = try await run(asNobody: "/usr/bin/python3", "/run/forge.py", "\(rounds)")
        return Int(text.trimmingCharacters(in: .newlines)) ?? 0
    }
}
