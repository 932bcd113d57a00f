// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport
import Testing

private let port: UInt16 = 41234
private let otherPort: UInt16 = 41300

private func openings(_ ports: [UInt16], user: UInt32? = nil) -> Openings {
    Openings(ports: ports, clientUser: user)
}

@Suite(.enabledAsRoot) struct HostRulesTests {
    @Test func `every file of rules/hosts is tested`() throws {
        #expect(try RulesFolder.hosts() == HostRules.all.map(\.name))
    }

    @Test(arguments: HostRules.all)
    func `each ruleset loads, a second plan changes nothing, and the teardown restores the listing`(
        ruleset: HostRules
    ) throws {
        let host = try NetworkNamespace.forTest()
        try host.nft(load: ruleset.text())
        let before = try host.listing()
        let firewall = try host.firewall()
        let result = try firewall.reconcile(openings([port]), policy: Policy())
        #expect(result.plan.leftAlone == [])
        // The first attachment is the table `teredowall`.
        let foreignChains = result.plan.attachments.dropFirst().flatMap(\.chains)
        #expect(foreignChains.map(\.description) == ruleset.exceptionChains)
        #expect(try firewall.plan(openings([port]), policy: Policy()).operations == [])
        let withExceptions = try host.listing()
        _ = try firewall.refresh(openings([port]), policy: Policy())
        #expect(try host.listing() == withExceptions)
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try host.listing() == before)
        #expect(try firewall.plan(nil, policy: Policy()).operations == [])
    }

    @Test func `a named map is read like an anonymous one`() throws {
        let host = try NetworkNamespace.forTest()
        try host.nft(
            load: """
                table inet filter {
                    map ways { type ifname : verdict; elements = { "wire" : jump world } }
                    chain world { tcp dport 22 accept; drop; }
                    chain input { type filter hook input priority filter; policy drop; iifname vmap @ways; }
                }
                """)
        let plan = try host.firewall().plan(openings([port]), policy: Policy())
        let jumps = nftText(of: plan.operations).split(separator: "\n").filter {
            $0.contains("jump teredowall-input")
        }
        #expect(jumps.count == 2)
        #expect(jumps.contains { $0.contains("inet filter world ") })
    }

    @Test func `a chain that is reached through a map of forwarded packets gets no exception`() throws {
        let host = try NetworkNamespace.forTest()
        try host.nft(
            load: """
                table inet filter {
                    map ways { type ifname : verdict; elements = { "wire" : jump world } }
                    chain world { tcp dport 22 accept; drop; }
                    chain input { type filter hook input priority filter; policy drop; iifname vmap @ways; }
                    chain forward { type filter hook forward priority filter; iifname vmap @ways; }
                }
                """)
        let plan = try host.firewall().plan(openings([port]), policy: Policy())
        let text = nftText(of: plan.operations)
        #expect(text.contains("inet filter input "))
        #expect(!text.contains("inet filter world "))
    }

    @Test(arguments: HostRules.all)
    func `a plan loaded as nft text has the same result as its commit`(ruleset: HostRules) throws {
        let host = try NetworkNamespace.forTest()
        let reference = try NetworkNamespace.forTest()
        for namespace in [host, reference] { try namespace.nft(load: ruleset.text()) }
        let plan = try host.firewall().reconcile(openings([port], user: 104), policy: Policy()).plan
        try reference.nft(load: nftText(of: plan.operations))
        #expect(try reference.listing() == host.listing())
        let other = try reference.firewall()
        #expect(try other.plan(openings([port], user: 104), policy: Policy()).operations == [])
        try reference.nft(load: nftText(of: other.plan(nil, policy: Policy()).operations))
        #expect(try reference.firewall().plan(nil, policy: Policy()).operations == [])
    }

    @Test(arguments: HostRules.all)
    func `of the denied incoming packets exactly those of the exceptions pass`(ruleset: HostRules) throws {
        let link = try Link(ruleset.text())
        let before = try link.host.listing()
        let traffic = try Traffic(
            host: link.host, peer: link.peer, ports: [port - 1, port, port + 1, otherPort, 3544])
        let portsWithoutException = [port - 1, port + 1, 3544]
        let isOpen = !ruleset.dropsInput
        for candidate in portsWithoutException + [port] {
            #expect(try traffic.expecting(isOpen).comesIn(to: candidate) == isOpen)
        }

        let firewall = try link.firewall()
        let observer = try link.host.connection()
        _ = try firewall.reconcile(openings([port]), policy: Policy())
        #expect(try traffic.withLongWait.comesIn(to: port))
        #expect(try traffic.withLongWait.comesIn(to: 3544, at: Link.discoveryGroup))
        for candidate in portsWithoutException {
            #expect(try traffic.expecting(isOpen).comesIn(to: candidate) == isOpen)
        }
        if ruleset.hasBlocklist { #expect(try !traffic.comesIn(to: port, from: Link.blocked)) }
        for table in Set(firewall.attachments.map(\.table)) {
            let count = try packets("teredowall: Teredo service port, in", in: table, of: observer)
            // The packet from the blocked address may be accepted, and counted, in our own table before the
            // host's table drops it.
            #expect(count == 1 || table == .teredowall && count <= 2, "in \(table)")
            #expect(try packets("teredowall: Teredo local discovery, in", in: table, of: observer) == 1)
        }

        _ = try firewall.refresh(openings([otherPort]), policy: Policy())
        #expect(try traffic.withLongWait.comesIn(to: otherPort))
        #expect(try traffic.expecting(isOpen).comesIn(to: port) == isOpen)

        _ = try firewall.reconcile(nil, policy: Policy())
        for candidate in portsWithoutException + [port, otherPort] {
            #expect(try traffic.expecting(isOpen).comesIn(to: candidate) == isOpen)
        }
        #expect(try link.host.listing() == before)
    }

    @Test(arguments: HostRules.all)
    func `of the denied outgoing packets exactly those of the exceptions pass`(ruleset: HostRules) throws {
        let link = try Link(ruleset.text())
        let traffic = try Traffic(host: link.host, peer: link.peer, ports: [port, port + 1])
        let isOpen = !ruleset.dropsOutput
        #expect(try traffic.expecting(isOpen).goesOut(from: port) == isOpen)
        #expect(try traffic.expecting(isOpen).goesOut(from: port + 1, to: 3544) == isOpen)
        let firewall = try link.firewall()
        // The sockets of this test belong to root.
        _ = try firewall.reconcile(openings([port], user: 0), policy: Policy())
        #expect(try traffic.withLongWait.goesOut(from: port))
        #expect(try traffic.expecting(isOpen).goesOut(from: port + 1) == isOpen)
        #expect(try traffic.withLongWait.goesOut(from: port + 1, to: 3544))
        _ = try firewall.refresh(openings([port], user: 104), policy: Policy())
        #expect(try traffic.expecting(isOpen).goesOut(from: port + 1, to: 3544) == isOpen)
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try traffic.expecting(isOpen).goesOut(from: port) == isOpen)
    }
}
