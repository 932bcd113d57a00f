// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import TestSupport
import Testing

/// Tests that signals which another user forges, in the name of firewalld or of the message bus, have no
/// effect: each kind of signal that the daemon waits for, sent to all connections and to each one alone.
@Suite(.enabledAsRoot) struct ForgedSignalTests {
    @Test func `forged signals of other users are not events`() async throws {
        try await FirewalldHost.with { host in
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            // 20 rounds of seven signals, each sent to all connections and to at least one alone.
            #expect(try await host.forgeSignals(rounds: 20) >= 280)
            try await host.firewallCommand("--zone=home", "--change-interface=eth0")
            let events = Record<FirewalldEvent>()
            _ = try await firewall.event("the change that firewalld reports") { event in
                events.append(event)
                return if case .changed(let what) = event { what.contains("home eth0") } else { false }
            }
            // The first event is the start of firewalld.
            #expect(Set(events.all.dropLast()).subtracting([.started]) == [], "\(events.all)")
        }
    }

    @Test func `forged signals of firewalld change no rules, log nothing and take little time`() async throws
    {
        try await FirewalldHost.with { host in
            // A long lease, because a renewal would change the rules.
            let daemon = try await host.startDaemon(lease: "1h")
            _ = try await host.startClient(port: 41000)
            try await eventually("the rules", seen: { daemon.text }) { try await host.richRules().count == 2 }
            let (rules, logged) = (try await host.richRules(), daemon.text)
            let usedBefore = try await host.processorTime(of: "teredowalld")
            let usedByBusBefore = try await host.processorTime(of: "dbus-daemon")
            let sent = try await host.forgeSignals(rounds: 2000)
            let used = try await host.processorTime(of: "teredowalld") - usedBefore
            let usedByBus = try await host.processorTime(of: "dbus-daemon") - usedByBusBefore
            print("forged: \(sent) signals, \(used) s of the daemon, \(usedByBus) s of the message bus")
            #expect(sent >= 28_000)  // 2000 rounds of seven signals, each sent twice or more
            #expect(try await host.richRules() == rules, "\(daemon.text)")
            #expect(daemon.text == logged)
            // The message bus handles each signal too, which makes the limit independent of the machine.
            // Measured for each signal, with a debug build: the daemon, which reads and drops it, 4 µs, and the bus
            // 31 µs; a daemon that took the signals for firewalld's own, and so examined firewalld, 30 to 33 µs,
            // and the bus then 35 µs.
            #expect(used < usedByBus / 3, "\(used) s; the message bus: \(usedByBus) s")

            // Signals of firewalld itself have an effect as before.
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
            // Requests firewalld's name and prints the result.
            let program = """
                import dbus
                try: dbus.SystemBus().request_name("org.fedoraproject.FirewallD1"); print("taken")
                except dbus.exceptions.DBusException as error: print(error.get_dbus_name())
                """
            let answer = try await host.run(asNobody: "/usr/bin/python3", "-c", program)
            #expect(answer == "org.freedesktop.DBus.Error.AccessDenied\n")
        }
    }
}

extension FirewalldHost {
    /// The processor time of all threads of a program, of which one process runs on this host, in seconds.
    fileprivate func processorTime(of program: String) async throws -> Double {
        let process = try await run("pidof", program).trimmingCharacters(in: .newlines)
        let text = try await run("cat", "/proc/\(process)/stat")
        // Without the first two fields, the process number and the name: utime and stime are fields 14 and 15.
        let fields = try #require(text.split(separator: ")").last).split(separator: " ")
        return Double(try #require(Int(fields[11])) + #require(Int(fields[12])))
            / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Runs a program on this host as the user nobody, and returns its output.
    fileprivate func run(asNobody words: String...) async throws -> String {
        try await run(["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] + words)
    }

    /// Forges each kind of signal `rounds` times, and returns the number of signals sent.
    fileprivate func forgeSignals(rounds: Int) async throws -> Int {
        let script = packageRoot.appending(path: "Tests/Hosts/forge-signals.py").path
        // The user nobody may have no access to the source tree.
        try await run("install", "-m", "644", script, "/run/forge.py")
        let text = try await run(asNobody: "/usr/bin/python3", "/run/forge.py", "\(rounds)")
        return Int(text.trimmingCharacters(in: .newlines)) ?? 0
    }
}
