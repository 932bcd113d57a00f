// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Planner
import TeredoProtocol
import TestSupport
import Testing

/// Tests the rulesets of rules/cases/kinds, which have further forms of the rules in rules/cases and
/// rules/hosts/programs.
@Suite(.enabledAsRoot) struct KindTests {
    private static let outgoing: Set<Row> = [.servicePortOut, .solicitationOut]
    private static let incoming: Set<Row> = [.servicePortIn, .discoveryIn]

    /// For each ruleset that does not let all rows pass: the rows that pass. The others are denied explicitly or cannot
    /// have an exception.
    private static let partlyOpen: [String: Set<Row>] = [
        // UDP as a whole is denied explicitly, because other protocols pass.
        "udp-but-some-ports": outgoing,
        // Packets to the multicast group are denied explicitly, because rules for other packets follow the denial.
        "group-before-services": [.servicePortIn, .servicePortOut, .solicitationOut],
        "group-before-other-protocols": [.servicePortIn, .servicePortOut, .solicitationOut],
        "group-in-a-policy-of-drops": [.servicePortIn, .servicePortOut, .solicitationOut],
        "group-to-the-chain-of-the-default": [.servicePortIn, .servicePortOut, .solicitationOut],
        "group-to-the-chain-of-an-interface": [.servicePortIn, .servicePortOut, .solicitationOut],
        // The rule denies packets with one hop left, as those to the group have.
        "options-and-hops": [.servicePortIn, .servicePortOut, .solicitationOut],
        // The client itself is denied.
        "client-denied": incoming,
        // Only a tunnel's packets are let out.
        "tunnel-by-route-chain": [],
        "denied-in-halves": outgoing, "ipv4-as-such": outgoing, "blocklist-behind-a-country": outgoing,
        "all-but-the-client": incoming,
        // Packets of the client to the group, which belong to the row O2, are denied.
        "group-denied-out": [.servicePortIn, .discoveryIn, .servicePortOut],
        "few-hops-out": [.servicePortIn, .discoveryIn, .servicePortOut],
        // The default is at a hook where no exception is made.
        "egress-by-protocol": incoming,
        "prerouting-policy": outgoing,
        // UDP, or the ports that a client uses, are denied explicitly.
        "default-of-one-interface-first": outgoing,
        "udp-to-the-chain-of-the-default": outgoing,
        "ports-to-the-chain-of-the-default": outgoing,
        "ports-out-to-the-chain-of-the-default": incoming,
        "high-ports-by-mask": outgoing,
        "wide-range-of-ports": outgoing,
        "protocol-and-version": outgoing,
        "protocols-to-one-chain-of-denials": outgoing,
        // An exception would let the host in that the same map denies.
        "blocked-host-in-the-map-of-the-default": outgoing,
        // A kill switch is left alone.
        "tor-only": [],
        "tor-by-user": incoming,
        "tor-and-loopback": incoming,
        "tor-by-return": incoming,
        "ipsec-only": incoming,
        "vpn-by-protocol": [],
        "vpn-and-the-port-of-its-server": [],
        "vpn-by-class": [],
        "vpn-by-interface": [],
        "vpn-by-mark": incoming,
        "vpn-by-the-source-port": [],
        "vpn-of-peers-and-updates": incoming,
    ]
    /// The rulesets with a default that gets no exception, which the plan reports.
    private static let reported: Set<String> = [
        "blocked-host-in-the-map-of-the-default", "egress-by-protocol", "prerouting-policy",
        "tor-only", "tor-by-user", "tor-and-loopback", "tor-by-return", "ipsec-only", "vpn-by-protocol",
        "vpn-and-the-port-of-its-server", "vpn-by-class", "vpn-by-the-source-port",
        "vpn-of-peers-and-updates",
        "vpn-by-interface", "vpn-by-mark", "many-zones-by-source", "tunnel-by-route-chain",
        "denied-in-halves", "blocklist-behind-a-country",
    ]

    @Test func `with each kind of ruleset the expected rows pass, and the plan says so`() throws {
        let testbed = try Testbed()
        let rulesets = try RulesetFiles.all(in: "cases/kinds")
        #expect(Set(Self.partlyOpen.keys).isSubset(of: rulesets.map(\.name)))
        for ruleset in rulesets {
            try ruleset.load(on: testbed)
            let results = try PacketResults(of: testbed)
            let expected = Self.partlyOpen[ruleset.name] ?? Set(Row.allCases)
            #expect(results.open == expected, "\(ruleset.name)\n\(results.summary)")
            #expect(results.unwantedChanges == [], "\(ruleset.name)")
            #expect(results.wrongFates == [], "\(ruleset.name)\n\(results.summary)")
            #expect(results.unknownFates == [], "\(ruleset.name)\n\(results.summary)")
            #expect(
                results.leftAlone.isEmpty == !Self.reported.contains(ruleset.name),
                "\(ruleset.name)\n\(results.summary)")
        }
    }

    @Test func `a port that a pair of protocol and port denies stays denied when the client uses it`() throws
    {
        let testbed = try Testbed()
        try RulesetFiles.ruleset("protocol-and-port-drop", in: "cases/kinds").load(on: testbed)
        let teredowall = try TestedFirewall(on: testbed)
        _ = try teredowall.open()
        let denied: UInt16 = 40050  // in the range that the ruleset denies
        try teredowall.move(Openings(ports: [denied], clientUser: TestPacket.user))
        let packets = [denied, TestPacket.port].map { port in
            Packet(.in, from: Testbed.neighbour, to: Testbed.address, destinationPort: port)
        }
        #expect(try testbed.passes(packets) == [false, false])
        try teredowall.move(TestedFirewall.openings)
        #expect(try testbed.passes(packets) == [false, true])
    }

    @Test(arguments: [
        ("destination-of-the-reply", Packet.Direction.in), ("blocked-host-beside-a-shared-chain", .in),
        ("blocklist-behind-a-country", .in),
        ("hosts-out-to-the-chain-of-the-default", .out(user: TestPacket.user)),
    ])
    func `packets from or to a host that a rule singles out stay denied`(
        ruleset: String, direction: Packet.Direction
    ) throws {
        let testbed = try Testbed()
        try RulesetFiles.ruleset(ruleset, in: "cases/kinds").load(on: testbed)
        let teredowall = try TestedFirewall(on: testbed)
        _ = try teredowall.open()
        let hosts = [IPv4Address(5, 5, 5, 5), IPv4Address(5, 5, 5, 6)]  // the denied host and another one
        let packets = hosts.map { host in
            direction == .in
                ? Packet(direction, from: host, to: Testbed.address, destinationPort: TestPacket.port)
                : Packet(direction, from: Testbed.address, to: host, sourcePort: TestPacket.port)
        }
        #expect(try testbed.passes(packets) == [false, true])
    }

    /// Rules whose effect on the client's packets changes without a commit, as elements of sets expire or are added, and
    /// time passes, or depends on a property that is not known.
    @Test(arguments: [
        "udp dport @ports drop", "ip daddr . udp dport @pairs drop", "iifname @names drop",
        "meta l4proto @protocols drop", "iifname . ether saddr != { \"eth0\" . 00:11:22:33:44:55 } drop",
        "meta hour \"00:00\"-\"23:59\" drop",
    ])
    func `rows behind a rule that changes by itself or cannot be evaluated are unknown`(rule: String) throws {
        let testbed = try Testbed()
        let ruleset = RulesetText(
            rule, .nft,
            """
            table inet f {
             set ports { type inet_service; flags interval,timeout; elements = { 1024-65535 timeout 1h }
             }
             set pairs { type ipv4_addr . inet_service; flags dynamic; elements = { 6.6.6.2 . 41234 }
             }
             set names { type ifname; flags timeout; elements = { "eth0" timeout 1h }
             }
             set protocols { type inet_proto; flags timeout; elements = { udp timeout 1h }
             }
             chain in { type filter hook input priority 0; policy drop;
               iifname "lo" accept
               tcp dport 22 accept
               \(rule)
               tcp dport 80 accept
             }
            }
            """)
        try ruleset.load(on: testbed)
        let results = try PacketResults(of: testbed)
        let incoming = results.fates.filter { $0.row.hasPrefix("I") }
        #expect(!incoming.isEmpty && incoming.allSatisfy { $0.isUnknown }, "\(results.summary)")
        #expect(results.unwantedChanges == [])
    }
}
