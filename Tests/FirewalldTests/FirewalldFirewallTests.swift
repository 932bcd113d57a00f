// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import TestSupport
import Testing

/// The rich rule of teredowall for a port. `slot` selects one of the eight priorities, from 32544 on, that renewals use
/// in turn (`FirewalldRule.priorities`).
func portRule(_ port: UInt16 = 41000, slot: Int = 0) -> String {
    #"rule priority="\#(32544 + slot)" family="ipv4" port port="\#(port)" protocol="udp" accept"#
}

/// The rich rule of teredowall for local discovery.
func discoveryRule(slot: Int = 0) -> String {
    #"rule priority="\#(32544 + slot)" family="ipv4" destination address="224.0.0.253" port port="3544" "#
        + #"protocol="udp" accept"#
}

let openings = Openings(ports: [41000], clientUser: nil)

/// The state of a firewall whose exceptions are in force in these zones.
func expectedState(zones: String...) -> FirewalldState {
    let chains = zones.map { ChainName(.firewalld, $0) }
    return FirewalldState(attachments: [Attachment(kind: .firewalld, table: .firewalld, chains: chains)])
}

/// Tests ``FirewalldFirewall`` against a real firewalld.
@Suite(.enabledAsRoot) struct FirewalldFirewallTests {
    @Test(arguments: ["public", "drop", "block"])
    func `packets pass only while the exception is in force`(zone: String) async throws {
        try await FirewalldHost.with { host in
            if zone != "public" { try await host.firewallCommand("--set-default-zone=\(zone)") }
            let before = try await host.run("nft", "-s", "list", "ruleset")
            let counter = try await DatagramCounter(host)
            let firewall = host.firewall()
            #expect(try await !counter.passes(41000))
            #expect(try await !counter.passes(3544, address: "224.0.0.253"))

            #expect(try await firewall.apply(openings, on: host) == expectedState(zones: zone))
            #expect(try await host.richRules(zone) == [discoveryRule(), portRule()])
            #expect(try await counter.passes(41000))
            #expect(try await counter.passes(3544, address: "224.0.0.253"))
            #expect(try await !counter.passes(41001))
            #expect(try await !counter.passes(3544))

            #expect(try await firewall.apply(nil, on: host) == FirewalldState(opensNothing: true))
            #expect(try await !counter.passes(41000))
            #expect(try await !counter.passes(3544, address: "224.0.0.253"))
            try await counter.removeTable()
            #expect(try await host.run("nft", "-s", "list", "ruleset") == before)
        }
    }

    @Test func `a new port replaces the old one`() async throws {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            try await firewall.apply(
                Openings(ports: [41001, 41002], clientUser: nil, multicast: false, igmp: true), on: host)
            #expect(
                try await host.richRules() == [
                    #"rule priority="32544" family="ipv4" port port="41001" protocol="udp" accept"#,
                    #"rule priority="32544" family="ipv4" port port="41002" protocol="udp" accept"#,
                    #"rule priority="32544" family="ipv4" protocol value="igmp" accept"#,
                ])
            #expect(try await !counter.passes(41000))
            #expect(try await counter.passes(41001))
            #expect(try await counter.passes(41002))
        }
    }

    @Test(arguments: [#"source address="\#(FirewalldHost.peerAddress)""#, #"protocol value="udp""#])
    func `an administrator's denial takes precedence`(_ denied: String) async throws {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            #expect(try await counter.passes(41000))
            try await host.firewallCommand(#"--add-rich-rule=rule family="ipv4" \#(denied) drop"#)
            #expect(try await !counter.passes(41000))
        }
    }

    @Test func `with position first the exception takes precedence over an administrator's denial`()
        async throws
    {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            let firewall = host.firewall()
            let denial = #"rule family="ipv4" source address="\#(FirewalldHost.peerAddress)" drop"#
            try await host.firewallCommand("--add-rich-rule=\(denial)")
            try await firewall.apply(openings, policy: Policy(position: .first), on: host)
            #expect(try await counter.passes(41000))
            try await firewall.apply(openings, on: host)
            #expect(try await !counter.passes(41000))
            #expect(try await host.richRules() == [denial, discoveryRule(), portRule()])
        }
    }

    @Test func `an administrator's rules for the same port stay`() async throws {
        try await FirewalldHost.with { host in
            let counter = try await DatagramCounter(host)
            let rule = #"rule family="ipv4" port port="41000" protocol="udp" accept"#
            try await host.firewallCommand("--add-rich-rule=\(rule)")
            try await host.firewallCommand("--add-port=41000/udp")
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            #expect(try await host.richRules() == [rule, discoveryRule(), portRule()].sorted())
            try await firewall.apply(nil, on: host)
            #expect(try await host.richRules() == [rule])
            #expect(try await host.firewallCommand("--list-ports") == "41000/udp\n")
            #expect(try await counter.passes(41000))
        }
    }

    @Test func `zones that accept everything get no rules`() async throws {
        try await FirewalldHost.with { host in
            try await host.firewallCommand("--set-default-zone=trusted")
            let firewall = host.firewall()
            #expect(try await firewall.apply(openings, on: host) == FirewalldState(acceptsAll: true))
            #expect(try await host.richRules("trusted") == [])
            let ruleset = try await host.ruleset()
            let preview = firewall.preview(openings, policy: Policy(), ruleset: ruleset)
            #expect(preview.commands == [] && preview.leftAlone == [] && preview.acceptsAll, "\(preview)")

            // firewalld is not asked about an excluded zone.
            let policy = Policy(exclude: ["inet firewalld trusted"])
            let excluded = try await firewall.apply(openings, policy: policy, on: host)
            #expect(excluded.leftAlone.map(\.name) == ["inet firewalld trusted"])
            #expect(!excluded.acceptsAll)
            let exclusion = firewall.preview(openings, policy: policy, ruleset: ruleset)
            #expect(!exclusion.isServed && !exclusion.acceptsAll, "\(exclusion)")
        }
    }

    @Test func `a preview changes nothing, and its commands add the missing rules`() async throws {
        try await FirewalldHost.with { host in
            let firewall = host.firewall()
            let missing = firewall.preview(openings, policy: Policy(), ruleset: try await host.ruleset())
            #expect(missing.leftAlone == [])
            #expect(try await host.richRules() == [])
            for command in missing.commands { try await host.run("sh", "-c", command) }
            #expect(try await host.richRules() == [discoveryRule(), portRule()])

            let next = Openings(ports: [41001], clientUser: nil)
            let moved = firewall.preview(next, policy: Policy(), ruleset: try await host.ruleset())
            for command in moved.commands { try await host.run("sh", "-c", command) }
            #expect(try await host.richRules() == [discoveryRule(), portRule(41001)])
            let remaining = firewall.preview(next, policy: Policy(), ruleset: try await host.ruleset())
            #expect(remaining.commands == [])
        }
    }

    @Test func `report mode keeps the rules, exclusion removes them, own-table adds none`() async throws {
        try await FirewalldHost.with { host in
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            // In mode report, existing rules stay as they are.
            let report = try await firewall.apply(openings, policy: Policy(mode: .report), on: host)
            #expect(report.leftAlone == [LeftAlone(name: "inet firewalld", reason: "the mode is report")])
            #expect(try await host.richRules().count == 2)

            let zone = try await firewall.apply(
                openings, policy: Policy(exclude: ["inet firewalld public"]), on: host)
            #expect(zone.attachments == [])
            #expect(
                zone.leftAlone == [
                    LeftAlone(name: "inet firewalld public", reason: "excluded by firewall.exclude")
                ])
            #expect(try await host.richRules() == [])

            let all = try await firewall.apply(
                openings, policy: Policy(exclude: ["inet firewalld"]), on: host)
            #expect(
                all.leftAlone == [LeftAlone(name: "inet firewalld", reason: "excluded by firewall.exclude")])
            let own = try await firewall.apply(openings, policy: Policy(mode: .ownTable), on: host)
            #expect(own.leftAlone == [LeftAlone(name: "inet firewalld", reason: "the mode is own-table")])
            #expect(try await host.richRules() == [])
        }
    }

    @Test func `without D-Bus the table is left alone`() throws {
        let firewall = FirewalldFirewall(busAddress: "unix:path=/nonexistent/bus")
        let state = try firewall.apply(
            openings, policy: Policy(), ruleset: Ruleset(tables: [Table(.firewalld)]))
        #expect(state.attachments == [])
        #expect(
            state.leftAlone.map(\.reason) == [
                "firewalld cannot be reached: cannot connect to unix:path=/nonexistent/bus: "
                    + "No such file or directory"
            ])
        #expect(
            try firewall.apply(openings, policy: Policy(), ruleset: Ruleset()) == FirewalldState())
    }
}
