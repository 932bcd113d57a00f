// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport
import Testing

private let port: UInt16 = 41234
private let openings = Openings(ports: [port], clientUser: 0)

@Suite(.enabledAsRoot) struct LeaseTests {
    @Test func `an opening without renewal expires`() async throws {
        let link = try Link(RulesFolder.text("hosts/strict.nft"))
        let policy = Policy(lease: .seconds(2))
        let receiver = try DatagramSocket(in: link.host, port: port)
        let peer = try DatagramSocket(in: link.peer, port: 9)
        // As after a daemon was killed: the connection is closed, and the objects remain.
        _ = try link.firewall().reconcile(openings, policy: policy)
        try DatagramSocket(in: link.peer).send(to: Link.hostAddress, port: port)
        #expect(try receiver.receive(within: .seconds(1)) != nil)
        try await eventually("the port closes", within: .seconds(10)) {
            try DatagramSocket(in: link.peer).send(to: Link.hostAddress, port: port)
            return try receiver.receive() == nil
        }
        try receiver.send(to: Link.peerAddress, port: 9)
        #expect(try peer.receive() == nil)
        let observer = try link.host.connection()
        for set in try observer.sets() where set.comment?.hasPrefix(Mark.prefix) == true {
            #expect(try observer.elements(of: set.name) == [])
        }
    }

    @Test func `the opening for IGMP expires`() async throws {
        let link = try Link(RulesFolder.text("hosts/strict.nft"))
        let openings = Openings(ports: [port], clientUser: 0, igmp: true)
        let firewall = try link.firewall()
        _ = try firewall.reconcile(openings, policy: Policy(lease: .seconds(60)))
        let renewed = try firewall.refresh(openings, policy: Policy(lease: .seconds(2)))
        let sets = [
            SetName(.teredowall, "protocols"), SetName(TableName(.inet, "filter"), "teredowall-protocols"),
        ]
        let observer = try link.host.connection()
        for set in sets {
            #expect(renewed.operations.contains { if case .addElements(set, _) = $0 { true } else { false } })
            #expect(try observer.sets().contains { $0.name == set })
        }
        #expect(try link.host.nft("list", "ruleset").contains("elements = { igmp timeout 2s expires "))
        try await eventually("IGMP closes", within: .seconds(20)) {
            try sets.allSatisfy { try observer.elements(of: $0).isEmpty }
        }
        // The only rules that accept IGMP refer to these sets.
        #expect(try !link.host.listing().contains("l4proto igmp"))
        #expect(try link.host.listing().contains("meta l4proto @teredowall-protocols"))
    }

    @Test func `an opening that is renewed in time stays open`() throws {
        let link = try Link(RulesFolder.text("hosts/workstation.nft"))
        let policy = Policy(lease: .seconds(2))
        let receiver = try DatagramSocket(in: link.host, port: port)
        let sender = try DatagramSocket(in: link.peer)
        let firewall = try link.firewall()
        _ = try firewall.reconcile(openings, policy: policy)
        // Twice the lease.
        let end = ContinuousClock.now.advanced(by: .seconds(4))
        while ContinuousClock.now < end {
            _ = try firewall.refresh(openings, policy: policy)
            try sender.send(to: Link.hostAddress, port: port)
            #expect(try receiver.receive(within: .seconds(5)) != nil)
        }
    }

    @Test func `the objects of a killed instance are taken over or removed`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: RulesFolder.text("hosts/blocklist.nft"))
        let before = try namespace.listing()
        let old = Openings(ports: [1, 2], clientUser: 7, multicast: true, igmp: true)
        _ = try namespace.firewall().reconcile(old, policy: Policy(position: .first))
        let fresh = try NetworkNamespace.forTest()
        try fresh.nft(load: RulesFolder.text("hosts/blocklist.nft"))
        _ = try fresh.firewall().reconcile(openings, policy: Policy())

        let firewall = try namespace.firewall()
        _ = try firewall.reconcile(openings, policy: Policy())
        #expect(try namespace.listing() == fresh.listing())
        _ = try namespace.firewall().reconcile(nil, policy: Policy())
        #expect(try namespace.listing() == before)
    }

    @Test func `a refresh restores flushed exceptions`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: RulesFolder.text("hosts/workstation.nft"))
        let firewall = try namespace.firewall()
        _ = try firewall.reconcile(openings, policy: Policy())
        let withExceptions = try namespace.listing()
        try namespace.nft(load: "flush ruleset\n" + RulesFolder.text("hosts/workstation.nft"))
        #expect(try !firewall.refresh(openings, policy: Policy()).operations.isEmpty)
        // The order of the chains in a listing depends on when they were made.
        let lines = try namespace.listing().split(separator: "\n")
        #expect(Set(lines) == Set(withExceptions.split(separator: "\n")))
    }
}
