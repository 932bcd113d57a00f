// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import TestSupport
import Testing

/// Tests chains through which packets pass one after the other: at the interface, and with equal priorities.
@Suite(.enabledAsRoot) struct HookOrderTests {
    private static let hostRuleset = """
        table inet filter {
            chain input {
                type filter hook input priority filter; policy drop;
                iif "lo" accept
                ct state established,related accept
            }
        }

        """

    /// A chain at a hook of the interface, ingress or egress, and the rows that pass with it.
    struct InterfaceChain: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var hook = "ingress"
        var rules: String
        var policy = "accept"
        var open: Set<Row>
    }

    private static let incoming: Set<Row> = [.servicePortIn, .discoveryIn]
    private static let outgoing: Set<Row> = [.servicePortOut, .solicitationOut]

    private static let interfaceChains: [InterfaceChain] = [
        .init(
            testDescription: "a network that is not in use", rules: "ip saddr 203.0.113.0/24 drop",
            open: Set(Row.allCases)),
        .init(
            testDescription: "the service port", rules: "udp dport \(TestPacket.port) drop",
            open: outgoing.union([.discoveryIn])),
        .init(
            testDescription: "a default", rules: "meta protocol != ip accept\ntcp dport 22 accept",
            policy: "drop",
            open: outgoing),
        .init(
            testDescription: "multicast groups", rules: "ip daddr 224.0.0.0/4 drop",
            open: outgoing.union([.servicePortIn])),
        .init(
            testDescription: "the service port, at egress", hook: "egress",
            rules: "udp sport \(TestPacket.port) drop",
            open: incoming.union([.solicitationOut])),
    ]

    @Test(arguments: interfaceChains)
    func `a denial at the interface takes effect and determines the fates, and a default there is reported`(
        example: InterfaceChain
    ) throws {
        let testbed = try Testbed()
        let chain = """
            table netdev edge {
                chain c {
                    type filter hook \(example.hook) device "eth0" priority 0; policy \(example.policy);
                    \(example.rules)
                }
            }
            """
        try RulesetText("edge", .nft, Self.hostRuleset + chain).load(on: testbed)
        let results = try PacketResults(of: testbed)
        #expect(results.open == example.open, "\(results.summary)")
        #expect(results.faults == [], "\(results.summary)")
        #expect(results.leftAlone.isEmpty == (example.policy == "accept"), "\(results.summary)")
        if example.policy == "drop" {
            #expect(results.leftAlone.map(\.name) == ["netdev edge c"])
        }
    }

    @Test(arguments: ["inet", "ip"], ["inet", "ip"])
    func `of chains with equal priority the newest is evaluated first`(first: String, second: String) throws {
        let testbed = try Testbed()
        func table(_ family: String, _ name: String, _ rule: String) -> String {
            "table \(family) \(name) { chain c { type filter hook input priority 0; \(rule); }; }\n"
        }
        let marks = table(first, "marks", "meta mark set 0x7")
        let denials = table(second, "denies", "meta mark 0x7 drop")
        for (text, isOpen) in [(marks + denials, true), (denials + marks, false)] {
            try RulesetText("order", .nft, text).load(on: testbed)
            let results = try PacketResults(of: testbed)
            let passes = zip(results.testPackets, results.before).filter { $0.0.row == .servicePortIn }.map(
                \.1)
            #expect(!passes.isEmpty && passes.allSatisfy { $0 == isOpen }, "\(results.summary)")
            // A denial by a mark that an earlier chain sets on every packet counts as a denial by default.
            let denyingChain = ChainName(TableName(second == "inet" ? .inet : .ip, "denies"), "c")
            let fate = results.fates.first { $0.row == "I1" }?.outcome
            #expect(fate == (isOpen ? .open : .openByUs([denyingChain])), "\(results.summary)")
            #expect(results.faults == [], "\(results.summary)")
        }
    }
}
