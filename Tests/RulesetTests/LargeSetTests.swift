// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TeredoProtocol
import TestSupport
import Testing

/// Tests sets of more than 4096 keys or intervals, of which a reading does not list all (`mostElements` of
/// `RulesetReader`): planning needs one or two addresses of them. Only of ports it keeps all, because keys of two bytes
/// take little memory.
@Suite(.enabledAsRoot) struct LargeSetTests {
    private static let networks = (0..<5000).map { "10.\($0 / 200).\($0 % 200).0/25" }

    private func ruleset(_ type: String, _ elements: [String], _ rule: String) -> RulesetText {
        RulesetText(
            "large set", .nft,
            """
            table inet f {
                set many { type \(type); elements = { \(elements.joined(separator: ", ")) }; }
                chain in {
                    type filter hook input priority filter; policy drop;
                    iif "lo" accept
                    ct state established,related accept
                    \(rule)
                    tcp dport 22 accept
                }
            }

            """)
    }

    /// The elements of the set that a reading of the ruleset returns.
    private func contents(on testbed: Testbed) throws -> SetContents? {
        let interfaces = try testbed.host.run { () throws(any Error) in
            try UsableInterfaces().list().map { Interface($0) }
        }
        let ruleset = try RulesetReader(testbed.host.connection(), interfaces: interfaces).read()
        return ruleset.contents[SetName(TableName(.inet, "f"), "many")]
    }

    @Test(arguments: [true, false])
    func `in a large set of networks only the relevant addresses are looked up`(isInSet: Bool) throws {
        let testbed = try Testbed()
        // The last network contains the address of the host.
        let elements = Self.networks + (isInSet ? ["6.6.6.0/29"] : [])
        try ruleset("ipv4_addr; flags interval", elements, "ip daddr @many accept").load(on: testbed)
        let found = try #require(try contents(on: testbed))
        #expect(found.queriedKeys?.contains(Testbed.address.bytes) == true)
        #expect(found.entries?.map(\.key) == (isInSet ? [Testbed.address.bytes] : []))
        try expectAcceptance(isInSet, on: testbed)
    }

    @Test(arguments: [true, false])
    func `in a large set of addresses only the relevant ones are looked up`(isInSet: Bool) throws {
        let testbed = try Testbed()
        let others = (0..<5000).map { "10.1.\($0 / 250).\($0 % 250)" }
        let hosts = others + (isInSet ? ["\(Testbed.address)"] : [])
        try ruleset("ipv4_addr", hosts, "ip daddr @many accept").load(on: testbed)
        let entries = try contents(on: testbed)?.entries
        #expect(entries?.count == (isInSet ? 1 : 0))
        try expectAcceptance(isInSet, on: testbed)
    }

    /// Expects that packets to the service port pass. If the set accepts them, the plan must attribute that
    /// to the host's rules, otherwise to the exception.
    private func expectAcceptance(_ isAccepted: Bool, on testbed: Testbed) throws {
        let results = try PacketResults(of: testbed)
        // If the rule accepts all packets to the host's address, unicast packets never reach the policy. The planner
        // then takes it for an explicit denial of packets to the multicast group: no exception for local discovery.
        let all = Set(Row.allCases)
        #expect(results.open == (isAccepted ? all.subtracting([.discoveryIn]) : all))
        #expect(results.faults == [], "\(results.summary)")
        let outcome = results.fates.first { $0.row == Row.servicePortIn.rawValue }?.outcome
        #expect((outcome == .open) == isAccepted, "\(results.summary)")
    }

    // In the following sets of ports, 41234 (the service port, I1) is an element where the test says so, 3544 (local
    // discovery, I2) only by way of `*`. Rules at input do not affect the rows O1 and O2.

    @Test(arguments: [true, false])
    func `every port of a large set is read`(isInSet: Bool) throws {
        let testbed = try Testbed()
        let port = Int(TestPacket.port)
        let ports = stride(from: 5001, to: 25000, by: 2).map { "\($0)" } + (isInSet ? ["\(port)"] : [])
        try ruleset("inet_service", ports, "udp dport @many drop").load(on: testbed)
        let entries = try contents(on: testbed)?.entries
        #expect(entries?.count == ports.count)
        let results = try PacketResults(of: testbed)
        #expect(
            results.open == Set(isInSet ? [.discoveryIn, .servicePortOut, .solicitationOut] : Row.allCases))
        #expect(results.faults == [], "\(results.summary)")
    }

    @Test func `the catch-all element of a large set of ports is read`() throws {
        let testbed = try Testbed()
        let ports = stride(from: 5001, to: 25000, by: 2).map { "\($0)" }
        try ruleset("inet_service", ports + ["*"], "udp dport @many drop").load(on: testbed)
        let entries = try contents(on: testbed)?.entries
        #expect(entries?.count == ports.count + 1)
        #expect(entries?.contains { $0.key == nil } == true)
        let results = try PacketResults(of: testbed)
        #expect(results.open == [.servicePortOut, .solicitationOut])
        #expect(results.faults == [], "\(results.summary)")
    }

    @Test func `every range of a large set of ports is read`() throws {
        let testbed = try Testbed()
        // Only the last range contains the service port.
        let ranges = stride(from: 5000, to: 41000, by: 8).map { "\($0)-\($0 + 5)" } + ["41230-65535"]
        try ruleset("inet_service; flags interval", ranges, "udp dport @many drop").load(on: testbed)
        let entries = try contents(on: testbed)?.entries
        #expect(entries?.count == ranges.count)
        let results = try PacketResults(of: testbed)
        #expect(results.open == [.discoveryIn, .servicePortOut, .solicitationOut])
        #expect(results.faults == [], "\(results.summary)")
    }

    @Test func `membership of an address and port in a large set is unknown`() throws {
        let testbed = try Testbed()
        let elements = (1...5000).map { "\(Testbed.address) . \($0)" }
        try ruleset("ipv4_addr . inet_service", elements, "ip daddr . udp dport @many drop").load(on: testbed)
        let entries = try contents(on: testbed)?.entries
        #expect(entries == [])
        let results = try PacketResults(of: testbed)
        #expect(results.isPlannedOpen(.servicePortIn) == nil, "\(results.summary)")
        #expect(results.faults == [], "\(results.summary)")
    }

    @Test func `a denial of many remote networks does not affect the rows`() throws {
        let testbed = try Testbed()
        // The planner does not know the source port of incoming packets: the addresses alone must decide.
        try ruleset("ipv4_addr; flags interval", Self.networks, "udp sport 1-65535 ip saddr @many drop").load(
            on: testbed)
        let results = try PacketResults(of: testbed)
        #expect(results.open == Set(Row.allCases))
        #expect(results.faults == [], "\(results.summary)")
    }
}
