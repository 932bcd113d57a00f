// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import Testing

private let ethernet = Interface(name: "eth0", index: 2)
private let tunnel = Interface(name: "tun9", index: 9, kind: "tun")
/// Accepts packets with a mark (3 is NFT_META_MARK).
private let markedOut: [Expression] = [
    .instruction(.meta(3, to: 0)), .compare(.equal, [0xF1, 0xE1, 0, 0]), .verdict(.accept),
]
private let tunnelOut: [Expression] = [
    .meta(.interfaceNameOut), .compare(.equal, Array("tun9\0".utf8)), .verdict(.accept),
]
private let tunnelIn: [Expression] = [
    .meta(.interfaceNameIn), .compare(.equal, Array("tun9\0".utf8)), .verdict(.accept),
]
private let vpnTable = TableName(.inet, "vpnguard")
private let killSwitch = Ruleset(
    vpnTable, .init("output", .outputDrop, tunnelOut, markedOut),
    .init("input", .inputDrop, tunnelIn))

private func plan(
    _ ruleset: Ruleset, _ policy: Policy = Policy(), on interfaces: [Interface] = [ethernet]
) -> Plan {
    Plan(openings: .usual, on: ruleset, policy: policy, interfaces: interfaces, now: .test)
}

extension Plan {
    fileprivate var isWhollyOpen: Bool { !fates.isEmpty && fates.allSatisfy { $0.isOpen } }

    /// The outcome for a row on the first interface.
    fileprivate func outcome(_ row: String) -> RowFate.Outcome? { fates.first { $0.row == row }?.outcome }
}

@Suite struct KillSwitchTests {
    @Test(arguments: [[ethernet], [ethernet, tunnel], []])
    func `a kill switch is recognised by its rules, with or without its tunnel`(interfaces: [Interface]) {
        let plan = plan(killSwitch, on: interfaces)
        #expect(plan.attachments.map(\.kind) == [.ownTable])
        #expect(plan.leftAlone.count == 2)
        #expect(plan.leftAlone.allSatisfy { $0.reason.contains("pierce = [\"inet vpnguard\"]") })
        let onEthernet = plan.fates.filter { $0.interface == ethernet.name }
        #expect(onEthernet.allSatisfy { !$0.isOpen })
    }

    @Test func `pierce gives a kill switch exceptions`() {
        let plan = plan(killSwitch, Policy(pierce: ["inet vpnguard"]))
        #expect(plan.leftAlone == [])
        #expect(plan.fates.count == 4 && plan.isWhollyOpen)  // I1, I2, O1 and O2
    }

    @Test func `a chain that accepts a port to every host is not a kill switch`() {
        let strict = Ruleset(
            vpnTable, .init("output", .outputDrop, tunnelOut, markedOut, Sample.ssh),
            .init("input", .inputDrop, tunnelIn))
        #expect(plan(strict).isWhollyOpen)
    }

    @Test func `a chain that accepts Teredo's tunnel is not a kill switch`() {
        let teredoOut: [Expression] = [
            .meta(.interfaceNameOut), .compare(.equal, Array("teredo\0".utf8)), .verdict(.accept),
        ]
        let strict = Ruleset(
            vpnTable, .init("output", .outputDrop, teredoOut), .init("input", .inputDrop, Sample.ssh))
        #expect(plan(strict).isWhollyOpen)
    }

    @Test func `a gateway's kill switch is recognised although it lets its own network out`() {
        let lan = Interface(name: "lan0", index: 3)
        let lanOut: [Expression] = [
            .meta(.interfaceNameOut), .compare(.equal, Array("lan0\0".utf8)), .verdict(.accept),
        ]
        let lanIn: [Expression] = [
            .meta(.interfaceNameIn), .compare(.equal, Array("lan0\0".utf8)), .verdict(.accept),
        ]
        let gateway = Ruleset(
            vpnTable, .init("output", .outputDrop, lanOut, tunnelOut, markedOut),
            .init("input", .inputDrop, lanIn, tunnelIn))
        let found = plan(gateway, on: [ethernet, lan])
        #expect(Set(found.leftAlone.map(\.name)) == ["inet vpnguard output", "inet vpnguard input"])
        #expect(found.fates.allSatisfy { $0.isOpen == ($0.interface == "lan0") })
        // Without a rule for a tunnel, the ruleset is that of a server that sends to its own network only.
        let lanOnly = Ruleset(
            vpnTable, .init("output", .outputDrop, lanOut, markedOut), .init("input", .inputDrop, lanIn))
        #expect(plan(lanOnly, on: [ethernet, lan]).isWhollyOpen)
    }

    @Test
    func
        `a chain that blocks all but a tunnel in use is a kill switch, although it does not name the tunnel`()
    {
        func ofEthernet(_ rest: [Expression]) -> [Expression] {
            [.meta(.interfaceNameOut), .compare(.equal, Array("eth0\0".utf8))] + rest
        }
        let tunnelServer = ofEthernet(Sample.udp + Sample.port(51820) + Sample.accept)
        let ruleset = Ruleset(
            vpnTable,
            .init("output", BaseChain(hook: .output), tunnelServer, ofEthernet([.verdict(.drop)])))
        #expect(plan(ruleset, on: [ethernet, tunnel]).leftAlone.map(\.name) == ["inet vpnguard output"])
        #expect(plan(ruleset, on: [ethernet]).isWhollyOpen)
    }

    @Test func `a server whose uplink lets everything out is not a kill switch beside an unused interface`() {
        let uplinkOut: [Expression] = [
            .meta(.interfaceNameOut), .compare(.equal, Array("eth0\0".utf8)), .verdict(.accept),
        ]
        let ruleset = Ruleset(
            vpnTable, .init("output", .outputDrop, uplinkOut, tunnelOut), .init("input", .inputDrop))
        #expect(plan(ruleset, on: [ethernet, Interface(name: "docker0", index: 5)]).isWhollyOpen)
    }

    @Test func `the input chain of a kill switch is served if it accepts a port`() {
        let killSwitchWithPort = Ruleset(
            vpnTable, .init("output", .outputDrop, tunnelOut),
            .init("input", .inputDrop, tunnelIn, Sample.ssh))
        let plan = plan(killSwitchWithPort)
        #expect(plan.outcome("I1") == .openByUs([ChainName(vpnTable, "input")]))
        #expect(plan.fates.filter { $0.direction == .output }.allSatisfy { !$0.isOpen })
    }
}

@Suite struct FateTests {
    @Test func `each row has its outcome and the rule that decides it`() {
        let ruleset = Ruleset(
            .filter, .init("input", .inputDrop, Sample.ssh, Sample.udpDrop, Sample.accept))
        let plan = plan(ruleset)
        let rule = DecidingRule(
            chain: ChainName(.filter, "input"), text: "meta l4proto udp drop", position: 2, handle: 2)
        #expect(plan.outcome("I1") == .explicitlyDenied(rule))
        #expect(plan.outcome("I2") == .explicitlyDenied(rule))
        #expect(plan.outcome("O1") == .open)
        #expect(rule.description == "inet filter input, rule 2, handle 2 (meta l4proto udp drop)")
    }

    @Test func `a denial of multicast amid a chain is explicit, and at its end part of the default`() {
        // Drops packets with the type PACKET_MULTICAST.
        let group: [Expression] = [.meta(.packetType), .compare(.equal, [2]), .verdict(.drop)]
        let middle = Ruleset(.filter, .init("input", .inputDrop, group, Sample.ssh))
        #expect(plan(middle).outcome("I1")?.isOpenByUs == true)
        #expect(plan(middle).outcome("I2")?.isOpenByUs == false)
        let end = Ruleset(.filter, .init("input", .inputDrop, Sample.ssh, group))
        #expect(plan(end).isWhollyOpen)
    }

    @Test func `a jump for one interface names it if an explicit denial for the others follows`() {
        let other = Interface(name: "eth1", index: 3)
        let ruleset = Ruleset(
            .filter, .init("input", .inputAccept, Sample.onEth0 + Sample.drop, Sample.blocklist))
        // If eth0 is the only interface, its denial is the default, and the blocklist is never reached.
        #expect(plan(ruleset).isWhollyOpen)
        let both = plan(ruleset, on: [ethernet, other])
        #expect(both.leftAlone == [])
        #expect(both.isWhollyOpen)
        let jumps = both.operations.compactMap { operation -> [Statement]? in
            guard case .addRule(let rule, let chain, _) = operation, chain.table == .filter else {
                return nil
            }
            return chain.name == "input" ? rule.statements : nil
        }
        #expect(jumps == [[.interfaceIn("eth0"), .jump("teredowall-input")]])
    }
}

extension RowFate.Outcome {
    fileprivate var isOpenByUs: Bool { if case .openByUs = self { true } else { false } }
}

@Suite struct FateListTests {
    @Test func `each of several interfaces that no rule distinguishes is reported`() {
        let two = [ethernet, Interface(name: "eth1", index: 3)]
        let plan = plan(Ruleset(.filter, .init("input", .inputDrop, Sample.ssh)), on: two)
        #expect(plan.fates.filter { $0.row == "I1" }.map(\.interface) == ["eth0", "eth1"])
        #expect(plan.isWhollyOpen)
    }

    @Test func `many interfaces with equal fates are displayed as one entry`() {
        let bridges = (0..<200).map { Interface(name: "br\($0)", index: 10 + $0) }
        let ruleset = Ruleset(.filter, .init("input", .inputAccept, Sample.onEth0 + Sample.drop))
        let plan = plan(ruleset, on: [ethernet] + bridges)
        #expect(plan.fates.count == 4 * 201)  // four rows for each interface
        #expect(
            plan.fates.byInterface.filter { $0.row == "I1" }.map(\.interface) == [
                "eth0", "br0 and 199 alike",
            ])
    }

    @Test func `in mode report no row counts as open by us`() {
        let ruleset = Ruleset(.filter, .init("input", .inputDrop, Sample.ssh))
        #expect(
            plan(ruleset, Policy(mode: .report)).outcome("I1")
                == .notServed(nil, reason: "the mode is report"))
    }

    @Test func `packets to the group are reported if their fate differs`() {
        // Drops packets whose destination (NFTA_FIB_F_DADDR) has the address type (NFT_FIB_RESULT_ADDRTYPE)
        // RTN_MULTICAST.
        let groupDrop: [Expression] = [
            .instruction(.route(result: 3, flags: 2, to: 0)), .compare(.equal, [5, 0, 0, 0]), .verdict(.drop),
        ]
        let ruleset = Ruleset(
            .filter, .init("output", BaseChain(hook: .output), groupDrop, Sample.udp + Sample.accept))
        let fates = plan(ruleset).fates.filter { $0.row == "O2" }
        #expect(fates.map(\.isToGroup) == [false, true])
        #expect(fates.map(\.isOpen) == [true, false])
        #expect(fates[1].reason?.hasPrefix("to 224.0.0.253: rule 1") == true)
    }
}

@Suite struct HardenedServerTests {
    /// Accepts the packets of one user.
    private static let user: [Expression] = [
        .meta(.socketUser), .compare(.equal, [33, 0, 0, 0]), .verdict(.accept),
    ]
    /// Accepts DNS queries to one host.
    private static let resolver: [Expression] =
        [.payload(.network, offset: 16, length: 4), .compare(.equal, [10, 0, 0, 5])] + Sample.udp
        + Sample.port(53) + Sample.accept

    private static func host(accepting rules: [[Expression]]) -> Ruleset {
        var ruleset = Ruleset(
            vpnTable, .init("output", .outputDrop), .init("input", .inputDrop, Sample.ssh))
        for rule in rules { ruleset.append(rule, to: ChainName(vpnTable, "output")) }
        return ruleset
    }

    @Test func `a host that accepts all packets of one user and some of others is not a kill switch`() {
        #expect(plan(Self.host(accepting: [Self.user, Self.resolver])).isWhollyOpen)
    }

    @Test func `a host that accepts all packets of one service's user and none of others is a kill switch`() {
        #expect(plan(Self.host(accepting: [Self.user])).leftAlone.map(\.name) == ["inet vpnguard output"])
        let root: [Expression] = [
            .meta(.socketUser), .compare(.equal, [0, 0, 0, 0]), .verdict(.accept),
        ]
        #expect(plan(Self.host(accepting: [root])).isWhollyOpen)
    }

    @Test func `a kill switch that lets the packets of a user out is recognised`() {
        let ruleset = Ruleset(vpnTable, .init("output", .outputDrop, tunnelOut, Self.user))
        #expect(plan(ruleset).leftAlone.map(\.name) == ["inet vpnguard output"])
    }
}
