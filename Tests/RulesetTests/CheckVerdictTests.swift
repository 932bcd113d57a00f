// SPDX-License-Identifier: GPL-2.0-or-later
import Administration
import Firewalls
import Foundation
import Planner
import Platform
import TeredoProtocol
import TestSupport
import Testing

/// Tests the verdicts of `teredowall check` about the rows of a host against what the kernel does with such
/// packets.
@Suite(.enabledAsRoot) struct CheckVerdictTests {
    /// The client's user: one that every Debian system has.
    private static let user: (name: String, uid: UInt32) = ("nobody", 65534)
    /// The remote address that `check` uses by default.
    private static let defaultPeer = IPv4Address(192, 175, 48, 1)
    /// The remote address that `check` uses for I2: the address of the attached network, which no host has.
    private static let unusedNeighbour = IPv4Address(6, 6, 6, 0)

    private static let testPackets: [(row: String, packet: Packet)] = [
        ("I1", Packet(.in, from: defaultPeer, to: Testbed.address, destinationPort: TestPacket.port)),
        (
            "I2",
            Packet(
                .in, from: unusedNeighbour, to: RFC4380.discoveryGroup, destinationPort: RFC4380.wellKnownPort
            )
        ),
        (
            "O1",
            Packet(
                .out(user: user.uid), from: Testbed.address, to: defaultPeer, sourcePort: TestPacket.port)
        ),
        (
            "O2",
            Packet(
                .out(user: user.uid), from: Testbed.address, to: defaultPeer,
                destinationPort: RFC4380.wellKnownPort)
        ),
    ]

    /// Descriptions of the wrong verdicts, and the number of rows whose verdict is "unknown".
    private func compareVerdicts(
        on testbed: Testbed, configuration: String
    ) throws -> (wrongVerdicts: [String], unknown: Int) {
        let report = try testbed.host.run {
            try HostGuard.check()
            return try Check.run(.init(configurationPath: configuration, port: TestPacket.port))
        }
        let passed = try testbed.passes(Self.testPackets.map(\.packet))
        var (wrongVerdicts, unknown) = ([String](), 0)
        for (testPacket, passes) in zip(Self.testPackets, passed) {
            guard let row = report.rows.first(where: { $0.name == testPacket.row }) else {
                wrongVerdicts.append("\(testPacket.row) is missing")
                continue
            }
            switch row.verdict {
            case .unknown: unknown += 1
            case .passes:
                if !passes { wrongVerdicts.append("\(row.name) is shut, but passes in check: \(row.text)") }
            case .blocked, .lost, .unused:
                if passes {
                    wrongVerdicts.append(
                        "\(row.name) is open, but the verdict is \(row.verdict): \(row.text)")
                }
            }
        }
        return (wrongVerdicts, unknown)
    }

    @Test func `the verdicts of check agree with the kernel, with teredowall and without`() throws {
        let configuration = FileManager.default.temporaryDirectory.appending(
            path: "teredowall-\(UUID()).toml")
        try "[client]\nuser = \"\(Self.user.name)\"\n".write(
            to: configuration, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: configuration) }
        let cases = try RulesetFiles.all(in: "cases").flatMap { try RulesetFiles.spellings(of: $0.name) }
        let rulesets =
            try cases + RulesetFiles.all(in: "cases/kinds") + RulesetFiles.all(in: "hosts/shapes")
            + RulesetFiles.all(in: "hosts/programs")
        let testbed = try Testbed()
        let openings = Openings(ports: [TestPacket.port], clientUser: Self.user.uid)
        var (unknown, rows) = (0, 0)
        for ruleset in rulesets {
            try ruleset.load(on: testbed)
            let teredowall = try TestedFirewall(on: testbed)
            // First with teredowall: rules may store the addresses of packets, and drop later ones.
            for isRunning in [true, false] {
                if isRunning { _ = try teredowall.open(openings) } else { try teredowall.close() }
                let found = try compareVerdicts(on: testbed, configuration: configuration.path)
                #expect(
                    found.wrongVerdicts == [], "\(ruleset.name), \(isRunning ? "with" : "without") teredowall"
                )
                unknown += found.unknown
                rows += Self.testPackets.count
            }
        }
        print("\(rows) verdicts of check, \(unknown) of them unknown")
        // At most 2 % of the verdicts, so that the test cannot pass because check finds out nothing.
        #expect(unknown * 50 <= rows)
    }
}
