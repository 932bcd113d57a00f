// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import Platform
import TestSupport
import Testing

private let openings = Openings(ports: [41234], clientUser: 104)

@Suite(.enabledAsRoot) struct ForeignObjectsTests {
    @Test func `a table of another process is left alone, with its owner, and the others are served`() throws
    {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Rules.text("hosts/workstation.nft"))
        let owner = try namespace.connection()
        let table = TableName(.inet, "theirs")
        let ownedFlag: UInt32 = 2
        try owner.commit([
            .addTable(Table(table, flags: ownedFlag)),
            .addChain(Chain(ChainName(table, "input"), base: BaseChain(hook: .input, policy: .drop))),
        ])
        let before = try namespace.listing()
        let firewall = try namespace.firewall()
        let done = try firewall.reconcile(openings, policy: Policy())
        #expect(
            done.plan.leftAlone == [
                LeftAlone(
                    name: "inet theirs input",
                    reason: "owned by another process (netlink port \(owner.portID))")
            ])
        #expect(done.plan.places.map(\.table.name) == ["teredowall", "filter"])
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try namespace.listing() == before)
    }

    @Test func `a set that a rule elsewhere uses survives teardown, emptied`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Rules.text("hosts/workstation.nft"))
        let firewall = try namespace.firewall()
        _ = try firewall.reconcile(openings, policy: Policy())
        // The chain "forward" is not one that the planner reads.
        try namespace.nft("add rule inet filter forward udp dport @teredowall-ports counter")
        let done = try firewall.reconcile(nil, policy: Policy())
        #expect(done.plan.leftAlone.map(\.name) == ["inet filter teredowall-ports"])
        let listing = try namespace.listing()
        #expect(!listing.contains("teredowall-input"))
        #expect(!listing.contains("teredowall-static"))
        #expect(!listing.contains("table inet teredowall"))
        try namespace.nft("flush chain inet filter forward")
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try !namespace.listing().contains("teredowall"))
    }

    @Test func `a chain that a verdict map leads to survives teardown, emptied`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Rules.text("hosts/workstation.nft"))
        let firewall = try namespace.firewall()
        _ = try firewall.reconcile(openings, policy: Policy())
        try namespace.nft(
            load: """
                add map inet filter byport { type inet_service : verdict; }
                add element inet filter byport { 9 : jump teredowall-input }
                """)
        let done = try firewall.reconcile(nil, policy: Policy())
        #expect(done.plan.leftAlone.map(\.name) == ["inet filter teredowall-input"])
        #expect(try namespace.nft("list chain inet filter input").contains("teredowall") == false)
        #expect(
            try namespace.connection().rules(of: ChainName(TableName(.inet, "filter"), "teredowall-input"))
                .isEmpty)
    }

    @Test func `our rules in whatever chain they ended up are removed`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Rules.text("hosts/nested.nft"))
        let before = try namespace.listing()
        let firewall = try namespace.firewall()
        _ = try firewall.reconcile(openings, policy: Policy())
        // Moves the default denial from the chain "world", which has the jump to our chain, to the base
        // chain; "world" is then no longer reached.
        try namespace.nft("flush chain inet filter input")
        try namespace.nft("chain inet filter input { policy drop; }")
        _ = try firewall.reconcile(openings, policy: Policy())
        let rules = try namespace.nft("-s", "list", "ruleset")
        #expect(rules.components(separatedBy: "jump teredowall-input").count == 2)
        #expect(try namespace.nft("list chain inet filter world").contains("teredowall") == false)
        try namespace.nft("flush chain inet filter input")
        _ = try firewall.reconcile(nil, policy: Policy())
        try namespace.nft(
            load: """
                chain inet filter input { policy accept; }
                add rule inet filter input iif "lo" accept
                add rule inet filter input ct state established,related accept
                add rule inet filter input goto world
                """)
        #expect(try namespace.listing() == before)
    }
}
