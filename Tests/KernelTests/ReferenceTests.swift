// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TeredoProtocol
import TestSupport
import Testing

@Suite(.enabledAsRoot) struct ReferenceTests {
    @Test func `the committed ruleset equals the reference rules/teredowall.nft`() throws {
        let ours = try NetworkNamespace.forTest()
        let openings = Openings(
            service: [Opening(41234), Opening(41235, at: IPv4Address(192, 0, 2, 1))], clientUser: 104)
        _ = try ours.firewall().reconcile(openings, policy: Policy())
        let reference = try NetworkNamespace.forTest()
        // The user "miredo" does not exist on every machine.
        let text = try RulesFolder.text("teredowall.nft")
            .replacing("define client = miredo", with: "define client = 104")
        try reference.nft(load: text)
        let listing = try ours.listing()
        #expect(try reference.listing() == listing)
        #expect(listing.contains("udp dport @ports counter accept"))
        #expect(listing.contains("41234 timeout 3m"))
        #expect(listing.contains("meta skuid 104"))
    }

    @Test func `a saved and restored copy is recognised as teredowall's, and removed`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: RulesFolder.text("hosts/strict.nft"))
        let before = try namespace.listing()
        let openings = Openings(ports: [41234], clientUser: 104)
        _ = try namespace.firewall().reconcile(openings, policy: Policy())
        let saved = try namespace.nft("list", "ruleset")
        try namespace.nft(load: "flush ruleset\n" + saved)
        let firewall = try namespace.firewall()
        #expect(try firewall.plan(openings, policy: Policy()).operations == [])
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try namespace.listing() == before)
    }
}
