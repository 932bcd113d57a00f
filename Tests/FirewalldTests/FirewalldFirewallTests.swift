// SPDX-License-Identifier: GPL-2.0-or-later
import Exceptions
import Firewalls
import Foundation
import Nftables
import TestSupport
import Testing

private let port = #"rule priority="32544" family="ipv4" port port="41000" protocol="udp" accept"#
private let discovery =
    #"rule priority="32544" family="ipv4" destination address="224.0.0.253" port port="3544" protocol="udp" accept"#
private let openings = Openings(ports: [41000], clientUser: nil)

/// Against a real firewalld.
@Suite(.enabledAsRoot) struct FirewalldFirewallTests {
    @Test(arguments: ["public", "drop", "block"])
    func `packets pass while the exception holds, and only then`(zone: String) async throws {
        try await FirewalldHost.with { host in
            if zone != "public" { try await host.firewallCommand("--set-default-zone=\(zone)") }
            let before = try await host.run("nft", "-s", "list", "ruleset")
            let probe = try await Probe(host)
            let firewall = host.firewall()
            #expect(try await !probe.passes(41000))

            let state = try firewall.apply(openings, policy: Policy(), ruleset: try await host.ruleset())
            let place = Place(
                kind: .firewalld, table: .firewalld, chains: [ChainName(.firewalld, zone)])
            #expect(state == FirewalldState(places: [place]))
            #expect(try await host.richRules(zone) == [discovery, port])
            #expect(try await probe.passes(41000))
            #expect(try await !probe.passes(41001))
            #expect(try await !probe.passes(3544))

            try firewall.apply(nil, policy: Policy(), ruleset: try await host.ruleset())
            #expect(firewall.state == FirewalldState())
            #expect(try await !probe.passes(41000))
            try await host.run("nft", "delete", "table", "ip", "probe")
            #expect(try await host.run("nft", "-s", "list", "ruleset") == before)
        }
    }
}
