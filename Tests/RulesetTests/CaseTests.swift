// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Planner
import TeredoProtocol
import TestSupport
import Testing

/// A ruleset of rules/cases, as an administrator may write it, and the expected result.
struct RulesetCase: Sendable, CustomTestStringConvertible {
    var name: String
    /// The rows that pass while teredowall runs.
    var open = Set(Row.allCases)
    /// Further remote addresses to exchange packets with.
    var furtherAddresses: [IPv4Address] = []
    /// Remote addresses that the rules deny: no packet from there passes.
    var denied: [IPv4Address] = []

    var testDescription: String { name }

    /// The address that the rulesets with blocked addresses block.
    private static let blocked = IPv4Address(5, 5, 5, 5)
    private static let outgoing: Set<Row> = [.servicePortOut, .solicitationOut]

    static let all: [RulesetCase] = [
        .init(name: "accepts-by-interface-and-port"),
        .init(name: "anonymous-verdict-map"),
        .init(name: "goto-that-ends"),
        .init(name: "interface-drop-last"),
        .init(name: "interface-then-protocol"),
        .init(name: "jump-to-denials-by-protocol"),
        .init(name: "limited-multicast-drop"),
        .init(name: "multicast-drop"),
        .init(name: "named-counter"),
        .init(name: "named-verdict-map"),
        .init(name: "not-lan-drop"),
        .init(name: "notrack"),
        .init(name: "protocol-map"),
        .init(name: "protocol-then-interface"),
        .init(name: "quiet-multicast"),
        .init(name: "recent-set-reject"),
        .init(name: "reverse-path-filter"),
        .init(name: "shared-chain-with-block", denied: [blocked]),
        .init(name: "shared-deny-chain"),
        .init(name: "shared-denials-with-block", denied: [blocked]),
        .init(name: "state-map-new-drop"),
        .init(name: "state-new-reject"),
        .init(name: "two-protocols-reject"),
        .init(name: "udp-drop", open: outgoing),
        .init(name: "udp-return", open: outgoing),
        .init(name: "zone-by-source", denied: [blocked]),
        .init(name: "zone-by-source-not", furtherAddresses: [IPv4Address(10, 1, 2, 3)]),
        .init(name: "zone-chain-with-return"),
        .init(name: "zone-with-allow-rule"),
    ]

    /// The case of a kill switch, which has a test of its own.
    static let killSwitch = "kill-switch-named"
}

@Suite(.enabledAsRoot) struct CaseTests {
    @Test func `every case is tested, in four spellings`() throws {
        let names = try RulesetFiles.all(in: "cases").map(\.name)
        #expect(names.sorted() == (RulesetCase.all.map(\.name) + [RulesetCase.killSwitch]).sorted())
        for name in names { #expect(try RulesetFiles.spellings(of: name).count == 4, "\(name)") }
    }

    @Test(arguments: RulesetCase.all)
    func `rules of the same meaning get the same result, however they are written`(rulesetCase: RulesetCase)
        throws
    {
        let testbed = try Testbed()
        for spelling in try RulesetFiles.spellings(of: rulesetCase.name) {
            try spelling.load(on: testbed)
            let results = try PacketResults(
                of: testbed, remoteAddresses: PacketResults.remoteAddresses + rulesetCase.furtherAddresses)
            #expect(results.open == rulesetCase.open, "\(spelling.name)\n\(results.summary)")
            #expect(results.unwantedChanges == [], "\(spelling.name)")
            #expect(results.wrongFates == [], "\(spelling.name)\n\(results.summary)")
            #expect(results.unknownFates == [], "\(spelling.name)")
            #expect(
                try passing(rulesetCase.denied, on: testbed) == [], "\(spelling.name)\n\(results.summary)")
            // Nothing is left alone: each denial is either served or explicit.
            #expect(results.leftAlone.isEmpty, "\(spelling.name)\n\(results.summary)")
        }
    }

    /// Those of these addresses whose packets reach the service port while teredowall runs.
    private func passing(_ addresses: [IPv4Address], on testbed: Testbed) throws -> [IPv4Address] {
        if addresses.isEmpty { return [] }
        let teredowall = try TestedFirewall(on: testbed)
        _ = try teredowall.open()
        let packets = addresses.map {
            Packet(.in, from: $0, to: Testbed.address, destinationPort: TestPacket.port)
        }
        let passed = try testbed.passes(packets)
        try teredowall.close()
        return zip(addresses, passed).filter(\.1).map(\.0)
    }

    /// The state of the tunnel for which the kill switch was written.
    enum Tunnel: String, CaseIterable, Sendable {
        /// There is no tunnel device.
        case absent
        /// The device is up; the default route is on eth0.
        case up
        /// The device is up and has the default route.
        case holdsDefaultRoute
    }

    @Test(arguments: Tunnel.allCases)
    func
        `a kill switch of any name is left alone in both directions and reported in each state of its tunnel`(
            tunnel: Tunnel
        ) throws
    {
        let testbed = try Testbed()
        let device = tunnel == .absent ? nil : try TestTunnel(in: testbed.host, name: "tun9")
        defer { withExtendedLifetime(device) {} }
        if tunnel != .absent {
            try testbed.host.command("ip", ["address", "add", "10.99.0.2/24", "dev", "tun9"])
            try testbed.host.command("ip", ["link", "set", "tun9", "up"])
        }
        if tunnel == .holdsDefaultRoute {
            try testbed.host.command("ip", ["route", "replace", "default", "dev", "tun9"])
            try testbed.host.command("ip", ["route", "add", "224.0.0.0/4", "dev", "eth0"])
        }
        // With the default route in the tunnel, only the neighbour is reached through eth0.
        let remoteAddresses =
            tunnel == .holdsDefaultRoute ? [Testbed.neighbour] : PacketResults.remoteAddresses
        for spelling in try RulesetFiles.spellings(of: RulesetCase.killSwitch) {
            try spelling.load(on: testbed)
            let results = try PacketResults(of: testbed, remoteAddresses: remoteAddresses)
            #expect(results.open == [], "\(spelling.name)\n\(results.summary)")
            #expect(results.unwantedChanges == [], "\(spelling.name)")
            #expect(results.wrongFates == [], "\(spelling.name)\n\(results.summary)")
            #expect(results.leftAlone.contains { $0.reason.contains("pierce") }, "\(spelling.name)")
        }
    }
}
