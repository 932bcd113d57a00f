// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import Platform
import TestSupport
import Testing

/// NFT_TABLE_F_OWNER: the table belongs to the socket that made it.
private let ownedFlag: UInt32 = 2
/// NFT_TABLE_F_PERSIST: the table remains when that socket is closed.
private let persistentFlag: UInt32 = 4
private let openings = Openings(ports: [41234], clientUser: 104)

@Suite(.enabledAsRoot) struct ForeignObjectsTests {
    @Test func `a table that another process owns is left alone, and the others are served`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: RulesFolder.text("hosts/workstation.nft"))
        let owner = try namespace.connection()
        let table = TableName(.inet, "theirs")
        try owner.commit([
            .addTable(Table(table, flags: ownedFlag)),
            .addChain(Chain(ChainName(table, "input"), base: BaseChain(hook: .input, policy: .drop))),
        ])
        let before = try namespace.listing()
        let firewall = try namespace.firewall()
        let result = try firewall.reconcile(openings, policy: Policy())
        #expect(
            result.plan.leftAlone == [
                LeftAlone(
                    name: "inet theirs input",
                    reason: "owned by another process (netlink port \(owner.portID))")
            ])
        #expect(result.plan.attachments.map(\.table.name) == ["teredowall", "filter"])
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try namespace.listing() == before)
    }

    @Test func `a table without its owner gets no objects, and our objects in an owned table are reported`()
        throws
    {
        let namespace = try NetworkNamespace.forTest()
        let table = Table(TableName(.inet, "theirs"), flags: ownedFlag | persistentFlag)
        /// Takes the table for a new socket, which owns it until it is closed.
        func own() throws -> RulesetConnection {
            let owner = try namespace.connection()
            try owner.commit([
                .addTable(table),
                .addChain(
                    Chain(ChainName(table.name, "input"), base: BaseChain(hook: .input, policy: .drop))),
            ])
            return owner
        }
        // The owner is closed at once, and the table remains without owner.
        do { _ = try own() }
        let before = try namespace.listing()
        let firewall = try namespace.firewall()
        let result = try firewall.reconcile(openings, policy: Policy())
        #expect(result.plan.leftAlone.map(\.name) == ["inet theirs input"])
        #expect(result.plan.attachments.map(\.table.name) == ["teredowall"])
        #expect(try namespace.nft("list table inet theirs").contains("teredowall") == false)
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try namespace.listing() == before)

        // The objects as an earlier version of teredowall left them.
        let comment = "teredowall: exceptions for Teredo, in"
        let ours = ChainName(table.name, "teredowall-input")
        try namespace.connection().commit([
            .addChain(Chain(ours, comment: comment)),
            .addRule(
                NewRule([.jump(ours.name)], comment: comment), to: ChainName(table.name, "input"), .first),
        ])
        let owner = try own()
        let reported = try firewall.reconcile(nil, policy: Policy()).plan.leftAlone
        #expect(reported.map(\.name) == ["inet theirs"])
        #expect(reported.first?.reason.contains("netlink port \(owner.portID)") == true)
        #expect(try namespace.listing().contains(comment))
        withExtendedLifetime(owner) {}
    }

    @Test func `our objects are removed from a table whose owner has ended`() throws {
        let namespace = try NetworkNamespace.forTest()
        let table = TableName(.inet, "theirs")
        do {
            let owner = try namespace.connection()
            try owner.commit([
                .addTable(Table(table, flags: ownedFlag | persistentFlag)),
                .addChain(
                    Chain(ChainName(table, "teredowall-input"), comment: "teredowall: of an earlier version")),
            ])
        }
        _ = try namespace.firewall().reconcile(nil, policy: Policy())
        #expect(try !namespace.listing().contains("teredowall"))
        #expect(try namespace.listing().contains("table inet theirs"))
    }

    @Test func `a teardown empties a set that a foreign rule uses`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: RulesFolder.text("hosts/workstation.nft"))
        let firewall = try namespace.firewall()
        _ = try firewall.reconcile(openings, policy: Policy())
        // The planner does not read the chain "forward", so it does not know of this use.
        try namespace.nft("add rule inet filter forward udp dport @teredowall-ports counter")
        let result = try firewall.reconcile(nil, policy: Policy())
        #expect(result.plan.leftAlone.map(\.name) == ["inet filter teredowall-ports"])
        let listing = try namespace.listing()
        #expect(!listing.contains("teredowall-input"))
        #expect(!listing.contains("teredowall-static"))
        #expect(!listing.contains("table inet teredowall"))
        try namespace.nft("flush chain inet filter forward")
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try !namespace.listing().contains("teredowall"))
    }

    @Test func `a teardown empties a chain that a verdict map leads to`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: RulesFolder.text("hosts/workstation.nft"))
        let firewall = try namespace.firewall()
        _ = try firewall.reconcile(openings, policy: Policy())
        try namespace.nft(
            load: """
                add map inet filter byport { type inet_service : verdict; }
                add element inet filter byport { 9 : jump teredowall-input }
                """)
        let result = try firewall.reconcile(nil, policy: Policy())
        #expect(result.plan.leftAlone.map(\.name) == ["inet filter teredowall-input"])
        #expect(try namespace.nft("list chain inet filter input").contains("teredowall") == false)
        #expect(
            try namespace.connection().rules(of: ChainName(TableName(.inet, "filter"), "teredowall-input"))
                .isEmpty)
    }

    @Test func `our rules are removed from any chain`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: RulesFolder.text("hosts/nested.nft"))
        let before = try namespace.listing()
        let firewall = try namespace.firewall()
        _ = try firewall.reconcile(openings, policy: Policy())
        // Moves the default denial from the chain "world", which has the jump to our chain, to the base
        // chain; "world" is then no longer reached.
        try namespace.nft("flush chain inet filter input")
        try namespace.nft("chain inet filter input { policy drop; }")
        _ = try firewall.reconcile(openings, policy: Policy())
        let rules = try namespace.nft("-s", "list", "ruleset")
        #expect(rules.components(separatedBy: "jump teredowall-input").count == 2)  // one jump
        #expect(try namespace.nft("list chain inet filter world").contains("teredowall") == false)
        try namespace.nft("flush chain inet filter input")
        _ = try firewall.reconcile(nil, policy: Policy())
        // Restores the host's rules, for the comparison.
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
