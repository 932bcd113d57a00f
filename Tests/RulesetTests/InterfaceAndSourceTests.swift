// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import TeredoProtocol
import TestSupport
import Testing

/// Tests rulesets in which the fate of packets depends on the interface or on the source.
@Suite(.enabledAsRoot) struct InterfaceAndSourceTests {
    /// The address that the rulesets block.
    private static let blocked = IPv4Address(5, 5, 5, 5)

    /// A testbed with a second interface in use, eth1.
    private func testbedWithTwoInterfaces() throws -> Testbed {
        let testbed = try Testbed()
        try testbed.host.command("ip", ["link", "add", "eth1", "type", "veth", "peer", "name", "other"])
        try testbed.host.command("ip", ["address", "add", "10.9.9.2/24", "dev", "eth1"])
        for name in ["other", "eth1"] { try testbed.host.command("ip", ["link", "set", name, "up"]) }
        return testbed
    }

    /// Spellings of a ruleset in which the default for the interface `first` stands before a denial of blocked
    /// addresses on the interface `second`.
    private static func spellings(_ first: String, _ second: String) -> [String] {
        let head = """
            type filter hook input priority 0; policy drop;
            iif lo accept
            ct state established,related accept

            """
        return [
            """
            table inet f {
             chain in { \(head)
              iifname "\(first)" tcp dport 80 accept
              iifname "\(first)" drop
              iifname "\(second)" ip saddr 5.5.5.5 drop
              iifname "\(second)" tcp dport 22 accept
              iifname "\(second)" drop
             }
            }
            """,
            """
            table inet f {
             chain in { \(head)
              iifname != "\(second)" reject
              ip saddr { 5.5.5.5, 5.5.5.6 } drop
              tcp dport 22 accept
             }
            }
            """,
            """
            table ip f {
             set bad { type ipv4_addr; elements = { 5.5.5.5 }
             }
             chain in { \(head)
              iif "\(first)" tcp dport 80 accept
              iif "\(first)" counter drop
              ip saddr @bad drop
              tcp dport 22 accept
              log
             }
            }
            """,
            """
            table inet f {
             chain other { tcp dport 22 accept
             }
             chain in { \(head)
              iifname "\(first)" log
              iifname "\(first)" reject
              iifname . ip saddr { "\(second)" . 5.5.5.5 } drop
              jump other
             }
            }
            """,
        ]
    }

    @Test(arguments: [true, false])
    func `a default for one interface before a blocklist for another one is served`(isEth0First: Bool) throws
    {
        let testbed = try testbedWithTwoInterfaces()
        let (first, second) = isEth0First ? ("eth0", "eth1") : ("eth1", "eth0")
        for (number, text) in Self.spellings(first, second).enumerated() {
            try RulesetText("\(number)", .nft, text).load(on: testbed)
            let results = try PacketResults(of: testbed)
            #expect(results.open == Set(Row.allCases), "\(number)\n\(results.summary)")
            #expect(results.faults == [], "\(number)")
            #expect(results.leftAlone == [], "\(number)")
            #expect(!results.fates.contains { !$0.isOpen }, "\(number)\n\(results.summary)")
            let teredowall = try TestedFirewall(on: testbed)
            _ = try teredowall.open()
            // The blocklist is for the second interface only, and the packet arrives on eth0.
            let packet = Packet(
                .in, from: Self.blocked, to: Testbed.address, destinationPort: TestPacket.port)
            #expect(try testbed.passes([packet]) == [isEth0First], "\(number)")
            try teredowall.close()
        }
    }

    @Test(arguments: [
        "ip saddr { 0.0.0.0/2 } drop", "ip saddr 6.6.0.0/16 counter drop", "ip saddr 6.6.6.0/24 jump no",
        "ip saddr & 255.255.255.0 == 6.6.6.0 reject",
    ])
    func `local discovery is reported as denied if all neighbours are denied`(rule: String) throws {
        let testbed = try Testbed()
        let text = """
            table inet f {
             chain no { counter drop
             }
             chain in { type filter hook input priority 0; policy drop;
              ct state established,related accept
              iif lo accept
              \(rule)
              tcp dport 22 accept
             }
            }
            """
        try RulesetText(rule, .nft, text).load(on: testbed)
        let results = try PacketResults(of: testbed, remoteAddresses: [IPv4Address(93, 184, 215, 14)])
        #expect(results.open == [.servicePortIn, .servicePortOut, .solicitationOut], "\(results.summary)")
        #expect(results.faults == [], "\(results.summary)")
        let discovery = results.fates.filter { $0.row == "I2" }.map(\.outcome)
        guard case .explicitlyDenied? = discovery.first else {
            Issue.record("\(results.summary)")
            return
        }
    }

    @Test(arguments: [
        "meta pkttype multicast ip saddr 6.6.6.0/24 accept",
        "ip saddr . meta pkttype { 6.6.6.0/24 . multicast } accept",
        "ip daddr 224.0.0.0/4 ip saddr 6.6.6.0-6.6.6.255 accept",
        "meta pkttype vmap { multicast : jump near }",
    ])
    func `local discovery is reported as open if only neighbours may send to groups`(
        rule: String
    ) throws {
        let testbed = try Testbed()
        let text = """
            table inet f {
             chain near { ip saddr 6.6.6.0/24 accept
             }
             chain in { type filter hook input priority 0; policy drop;
              ct state established,related accept
              iif lo accept
              \(rule)
              meta pkttype multicast drop
              tcp dport 22 accept
             }
            }
            """
        try RulesetText(rule, .nft, text).load(on: testbed)
        let results = try PacketResults(of: testbed)
        #expect(results.open == Set(Row.allCases), "\(results.summary)")
        #expect(results.wrongFates == [], "\(results.summary)")
        let distant = Packet(
            .in, from: IPv4Address(93, 184, 215, 14), to: RFC4380.discoveryGroup,
            destinationPort: RFC4380.wellKnownPort)
        let teredowall = try TestedFirewall(on: testbed)
        _ = try teredowall.open()
        #expect(try testbed.passes([distant]) == [false])
        try teredowall.close()
    }

    @Test(arguments: ["{ 6.6.6.0/24 : accept, * : drop }", "{ 6.6.6.0/24 : accept, * : jump no }"])
    func `local discovery is reported for each interface by the network of its neighbours`(map: String) throws
    {
        let testbed = try testbedWithTwoInterfaces()
        let text = """
            table inet f {
             chain no { drop
             }
             chain in { type filter hook input priority 0; policy accept;
              ct state established,related accept
              iif lo accept
              ip saddr vmap \(map)
             }
            }
            """
        try RulesetText(map, .nft, text).load(on: testbed)
        let results = try PacketResults(of: testbed)
        #expect(results.faults == [], "\(results.summary)")
        let base = ChainName(TableName(.inet, "f"), "in")
        let expected: [(interface: String, outcome: RowFate.Outcome)] = [
            ("eth0", .open), ("eth1", .openByUs([base])),
        ]
        for (interface, outcome) in expected {
            let fate = results.fates.first { $0.row == "I2" && $0.interface == interface }
            #expect(fate?.outcome == outcome, "\(interface)\n\(results.summary)")
        }
    }

    @Test(arguments: [
        "udp dport 1024-65535 drop", "limit rate over 1/hour burst 1 packets drop",
        "update @rates { ip daddr limit rate over 1/hour burst 1 packets } drop", "meta l4proto udp drop",
        "ip saddr 0.0.0.0/0 meta l4proto vmap { udp : drop }",
    ])
    func `an exception for one interface bypasses no denial on another one`(denial: String) throws {
        let testbed = try testbedWithTwoInterfaces()
        let text = """
            table inet f {
             set rates { type ipv4_addr; flags dynamic; size 99;
             }
             chain in { type filter hook input priority 0; policy drop;
              ct state established,related accept
              iif lo accept
              iifname eth1 drop
              \(denial)
              accept
             }
            }
            """
        try RulesetText(denial, .nft, text).load(on: testbed)
        let teredowall = try TestedFirewall(on: testbed)
        let plan = try teredowall.open()
        #expect(plan.fates.contains { $0.interface == "eth1" && $0.row == "I1" && $0.isOpen })
        // The packets arrive on eth0. A denial above a rate lets the first one pass.
        let packets = (1...3).map { number in
            Packet(
                .in, from: IPv4Address(93, 184, 215, UInt8(number)), to: Testbed.address,
                destinationPort: TestPacket.port)
        }
        #expect(try testbed.passes(packets).dropFirst().allSatisfy { !$0 })
        try teredowall.close()
    }

    @Test(arguments: [true, false])
    func `a named set of denied sources denies local discovery if it has the own network`(hasNetwork: Bool)
        throws
    {
        let testbed = try Testbed()
        let ruleset = RulesetText(
            "denied sources", .nft,
            """
            table inet f {
             set bogons { type ipv4_addr; flags interval
              elements = { \(hasNetwork ? "6.0.0.0/8" : "6.6.6.128/25"), 10.0.0.0/8, 192.168.0.0/16, 224.0.0.0/3 }
             }
             chain in { type filter hook input priority 0; policy drop;
              iif lo accept
              ct state established,related accept
              ip saddr @bogons drop
              tcp dport 22 accept
             }
            }

            """)
        try ruleset.load(on: testbed)
        let results = try PacketResults(of: testbed)
        #expect(results.shut.contains("I2, from 6.6.6.3") == hasNetwork)
        #expect(!results.shut.contains("I1, from 93.184.215.14"))
        let discovery = results.fates.first { $0.row == Row.discoveryIn.rawValue }
        #expect(discovery?.isOpen == !hasNetwork)
        let unsolicited = results.fates.first { $0.row == Row.servicePortIn.rawValue }
        #expect(unsolicited?.isOpen == true)
    }

    @Test
    func `a bridge beside a kill switch does not make it an ordinary firewall while its tunnel is down`()
        throws
    {
        let testbed = try testbedWithTwoInterfaces()
        let text = """
            table inet vpn {
             chain out { type filter hook output priority 0; policy accept;
              oifname "eth0" meta mark 0xe1f1 accept
              oifname "eth0" drop
             }
            }
            """
        try RulesetText("kill switch", .nft, text).load(on: testbed)
        let results = try PacketResults(of: testbed)
        #expect(results.shut.contains("O1, to 93.184.215.14"), "\(results.summary)")
        let fate = results.fates.first { $0.row == Row.servicePortOut.rawValue && $0.interface == "eth0" }
        #expect(fate?.isOpen == false)
        #expect(results.leftAlone.map(\.name) == ["inet vpn out"])
    }
}
