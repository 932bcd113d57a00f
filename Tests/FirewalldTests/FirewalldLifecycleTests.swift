// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import TestSupport
import Testing

/// Tests what timeouts, reloads and restarts of firewalld do to the rules.
@Suite(.enabledAsRoot) struct FirewalldLifecycleTests {
    @Test(arguments: ["--reload", "--complete-reload"])
    func `the exception is restored soon after a reload`(command: String) async throws {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            let ruleset = try await host.ruleset()
            for round in 1...3 {
                async let reload = host.firewallCommand(command)
                _ = try await firewall.event("firewalld reloads") { $0 == .reloaded }
                let start = ContinuousClock.now
                try firewall.apply(openings, policy: Policy(), ruleset: ruleset)
                // Takes about 30 ms on an idle machine.
                #expect(.now - start < .seconds(5))
                _ = try await reload
                // firewalld's timers survive a reload and would remove a new rule with the same text, so each
                // round uses the next priority.
                #expect(try await host.richRules() == [discoveryRule(slot: round), portRule(slot: round)])
                #expect(try await counter.passes(41000))
            }
        }
    }

    @Test func `a timer started before a reload does not end the exception`() async throws {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            let firewall = host.firewall()
            try await firewall.apply(openings, policy: Policy(lease: .seconds(3)), on: host)
            try await host.firewallCommand("--reload")
            try await firewall.apply(openings, policy: Policy(lease: .seconds(60)), on: host)
            // firewalld sends no signal when the timer of the first lease ends, so wait longer than that lease.
            try await Task.sleep(for: .seconds(4))
            #expect(try await host.richRules().count == 2)
            #expect(try await counter.passes(41000))
        }
    }

    @Test func `an exception that is not renewed ends by itself`() async throws {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            do {
                // Ends at the end of this scope without removing the rules, as a killed daemon does.
                let killed = host.firewall()
                try await killed.apply(openings, policy: Policy(lease: .seconds(2)), on: host)
                #expect(try await counter.passes(41000))
            }
            try await eventually("the rules expire", within: .seconds(10)) {
                try await host.richRules().isEmpty
            }
            #expect(try await !counter.passes(41000))
        }
    }

    @Test func `renewals leave no gap`() async throws {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            let firewall = host.firewall()
            let end = ContinuousClock.now + .seconds(6)
            var seen: Set<[String]> = []
            while ContinuousClock.now < end {
                try await firewall.apply(openings, policy: Policy(lease: .seconds(3)), on: host)
                #expect(try await counter.passes(41000))
                seen.insert(try await host.richRules())
            }
            #expect(seen.allSatisfy { $0.count == 2 }, "\(seen)")
            // For each listing and slot: whether the two rules have the priority of that slot.
            let uses = seen.map { rules in
                (0...1).map { slot in
                    (
                        discovery: rules.contains(discoveryRule(slot: slot)),
                        port: rules.contains(portRule(slot: slot))
                    )
                }
            }
            // Each rule has exactly one of the priorities, not always the same one: on a busy machine they may change
            // at different times, because each rule has a lease of its own.
            for use in uses {
                #expect(use[0].discovery != use[1].discovery && use[0].port != use[1].port, "\(seen)")
            }
            // The renewals have used both slots.
            for slot in 0...1 { #expect(uses.contains { $0[slot].port }, "\(seen)") }
        }
    }

    @Test func `rules of a killed instance are taken over`() async throws {
        try await FirewalldHost.with { host in
            try await host.firewall().apply(openings, on: host)
            let successor = host.firewall()
            try await successor.apply(Openings(ports: [41001], clientUser: nil), on: host)
            #expect(try await host.richRules() == [discoveryRule(slot: 1), portRule(41001)].sorted())
            try await successor.apply(nil, on: host)
            #expect(try await host.richRules() == [])
        }
    }

    @Test func `removals by other programs are reported`() async throws {
        try await FirewalldHost.with { host in
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            for (zone, name) in [("--zone=public", "zone public"), ("--zone=", "the default zone")] {
                // The rules are sorted: the one for the port follows the one for local discovery.
                let removed = try await host.richRules()[1]
                try await host.firewallCommand(zone, "--remove-rich-rule=\(removed)")
                _ = try await firewall.event("the rule is gone") {
                    $0 == .changed("\(removed) was removed from \(name)")
                }
                try await firewall.apply(openings, on: host)
                #expect(try await host.richRules().map { $0.contains("41000") } == [false, true])
            }
        }
    }

    @Test func `after a restart of firewalld the rules are restored`() async throws {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            try await host.stopFirewalld()
            _ = try await firewall.event("firewalld ends") { $0 == .ended }
            #expect(try await firewall.apply(openings, on: host) == FirewalldState())

            async let starting: Void = host.startFirewalld()
            _ = try await firewall.event("firewalld starts") { $0 == .started }
            #expect(try await firewall.apply(openings, on: host) == expectedState(zones: "public"))
            try await starting
            #expect(try await host.richRules() == [discoveryRule(), portRule()])
            #expect(try await counter.passes(41000))
        }
    }

    @Test(arguments: [false, true])
    func `what only teredowall opened in the table of a killed firewalld is closed`(
        isOpenedByAdministrator: Bool
    ) async throws {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            let firewall = host.firewall()
            if isOpenedByAdministrator {
                try await host.firewallCommand(
                    #"--add-rich-rule=rule priority="7" family="ipv4" port port="41000" protocol="udp" accept"#
                )
            }
            try await firewall.apply(openings, on: host)
            try await host.stopFirewalld("KILL")
            _ = try await firewall.event("firewalld ends") { $0 == .ended }
            let preview = firewall.preview(openings, policy: Policy(), ruleset: try await host.ruleset())
            #expect(preview.commands == [])
            #expect(
                preview.leftAlone.map(\.reason) == [
                    "firewalld is not running, the table is what it left behind"
                ])
            // firewalld may be about to start again, so the first call changes nothing and returns when to call
            // again.
            let first = try await firewall.apply(openings, on: host)
            #expect(first.attachments == [] && first.leftAlone == [])
            #expect(try await counter.passes(41000))
            try await Task.sleep(for: try #require(first.retryDelay))
            let state = try await firewall.apply(openings, on: host)
            let cause = "firewalld is not running, the table is what it left behind; "
            let opened = "UDP port 41000, local discovery"
            #expect(
                state.leftAlone.map(\.reason) == [
                    cause
                        + (isOpenedByAdministrator
                            ? "open in it: \(opened), which rules of an administrator open too"
                            : "what teredowalld had opened in it is closed (\(opened))")
                ])
            #expect(try await counter.passes(41000) == isOpenedByAdministrator)
        }
    }

    @Test func `a reload with teredowall's rules succeeds, and a failed reload is reported with its remedy`()
        async throws
    {
        try await FirewalldHost.with { host in
            let firewall = host.firewall()
            let state = try await firewall.apply(openings, on: host)
            let version = try await host.firewallCommand("--version")
            // From 2.4 on a reload fails if a rule has a timeout. The rules then have none, which a note reports.
            let numbers = version.split { !$0.isNumber }.compactMap { Int($0) }
            let isBrokenByTimers = !numbers.lexicographicallyPrecedes([2, 4])
            #expect((state.note != nil) == isBrokenByTimers, "\(version)")
            try await host.firewallCommand("--reload")
            _ = try await firewall.event("firewalld reloads") { $0 == .reloaded }
            #expect(try await firewall.apply(openings, on: host).attachments.count == 1)
            #expect(try await host.richRules().count == 2)

            // After such a failed reload only this table remains, in every version of firewalld.
            try await host.run(
                "nft",
                "table inet firewalld_policy_drop { chain x { type filter hook input priority 9; policy drop; }; }"
            )
            let first = try await firewall.apply(openings, on: host)
            #expect(first.leftAlone == [])
            try await Task.sleep(for: try #require(first.retryDelay))
            let second = try await firewall.apply(openings, on: host)
            #expect(second.leftAlone.map(\.name) == ["inet firewalld_policy_drop"])
            #expect(second.leftAlone.first?.reason.contains("systemctl restart firewalld") == true)
            try await host.run("nft", "delete table inet firewalld_policy_drop")
            #expect(try await firewall.apply(openings, on: host).leftAlone == [])
        }
    }

    @Test func `the rules follow the interface to another zone`() async throws {
        try await FirewalldHost.with { host in
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            try await host.firewallCommand("--zone=home", "--change-interface=eth0")
            _ = try await firewall.event("the zone changes") { event in
                if case .changed(let what) = event { what.contains("home eth0") } else { false }
            }
            #expect(try await firewall.apply(openings, on: host) == expectedState(zones: "home"))
            #expect(try await host.richRules() == [])
            #expect(try await host.richRules("home") == [discoveryRule(), portRule()])

            try await host.firewallCommand("--zone=home", "--remove-interface=eth0")
            try await host.firewallCommand("--set-default-zone=work")
            _ = try await firewall.event("the default zone changes") {
                $0 == .changed("DefaultZoneChanged work")
            }
            #expect(try await firewall.apply(openings, on: host) == expectedState(zones: "work"))
        }
    }
}
