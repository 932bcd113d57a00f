// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Planner
import TestSupport
import Testing

/// A ruleset of rules/hosts/shapes, as a program or a distribution writes it, and the expected result.
struct Shape: Sendable, CustomTestStringConvertible {
    var name: String
    /// The rows that pass while teredowall runs.
    var open = Set(Row.allCases)

    var testDescription: String { name }

    private static let incoming: Set<Row> = [.servicePortIn, .discoveryIn]

    static let all: [Shape] = [
        .init(name: "arch"),
        .init(name: "arch-stateful"),
        .init(name: "arno"),
        .init(name: "csf"),
        .init(name: "docker"),
        .init(name: "fail2ban"),
        .init(name: "firehol"),
        .init(name: "ivpn", open: []),
        .init(name: "k3s-homelab"),
        .init(name: "mullvad", open: []),
        .init(name: "nixos"),
        .init(name: "nixos-iptables"),
        .init(name: "nordvpn", open: []),
        .init(name: "openwrt-fw4"),
        .init(name: "openwrt-fw4-plain-zone"),
        .init(name: "optimized"),
        .init(name: "rhel"),
        .init(name: "rhel-main"),
        .init(name: "shorewall"),
        .init(name: "suse"),
        .init(name: "synology"),
        .init(name: "wg-quick-switch", open: incoming),
    ]
}

@Suite(.enabledAsRoot) struct ShapeTests {
    private static let folder = "hosts/shapes"

    @Test func `every shape is tested`() throws {
        #expect(try RulesetFiles.all(in: Self.folder).map(\.name).sorted() == Shape.all.map(\.name))
    }

    @Test func `the table in rules/README.md has every shape and program, and the rows that pass`() throws {
        let table = try String(
            contentsOf: packageRoot.appendingPathComponent("rules/README.md"), encoding: .utf8
        ).split(separator: "\n")
        for shape in Shape.all {
            let line = try #require(table.first { $0.hasPrefix("| `\(shape.name)` |") }, "\(shape.name)")
            #expect(line.hasSuffix("| all |") == (shape.open == Set(Row.allCases)), "\(line)")
            #expect(line.contains("| none: ") == shape.open.isEmpty, "\(line)")
        }
        for program in try RulesetFiles.all(in: "hosts/programs") {
            #expect(table.contains { $0.contains("`\(program.name)`") }, "\(program.name)")
        }
    }

    /// The rulesets of rules/hosts/programs, which Tests/Hosts/program-rulesets.sh recorded from real
    /// programs. All of them deny by default.
    @Test func `all four rows pass with the rulesets of Debian's firewall programs`() throws {
        let rulesets = try RulesetFiles.all(in: "hosts/programs")
        #expect(rulesets.count == 9)
        let testbed = try Testbed()
        for ruleset in rulesets {
            try ruleset.load(on: testbed)
            let results = try PacketResults(of: testbed)
            #expect(results.open == Set(Row.allCases), "\(ruleset.name)\n\(results.summary)")
            #expect(results.unwantedChanges == [], "\(ruleset.name)")
            #expect(results.wrongFates == [], "\(ruleset.name)\n\(results.summary)")
            #expect(results.unknownFates == [], "\(ruleset.name)")
            #expect(results.leftAlone.isEmpty, "\(ruleset.name)\n\(results.summary)")
        }
    }

    @Test(arguments: Shape.all)
    func `the expected packets pass with each firewall program, and no others`(shape: Shape) throws {
        let testbed = try Testbed()
        try RulesetFiles.ruleset(shape.name, in: Self.folder).load(on: testbed)
        let results = try PacketResults(of: testbed)
        #expect(results.open == shape.open, "\(results.summary)")
        #expect(results.unwantedChanges == [])
        #expect(results.wrongFates == [], "\(results.summary)")
        #expect(results.unknownFates == [])
        // Only a kill switch that stays closed is reported as left alone.
        #expect(results.leftAlone.isEmpty == (shape.open == Set(Row.allCases)), "\(results.summary)")
    }

    @Test(arguments: [("mullvad", "inet mullvad"), ("ivpn", "ip filter")])
    func `Teredo passes a kill switch named in the policy, whose rules are restored byte for byte`(
        shape: String, named: String
    ) throws {
        let testbed = try Testbed()
        try RulesetFiles.ruleset(shape, in: Self.folder).load(on: testbed)
        let results = try PacketResults(of: testbed, policy: Policy(pierce: [named]))
        #expect(results.open == Set(Row.allCases), "\(results.summary)")
        #expect(results.unwantedChanges == [])
        #expect(results.wrongFates == [], "\(results.summary)")
        #expect(results.leftAlone.isEmpty, "\(results.summary)")
        #expect(results.listings.during != results.listings.before)
        #expect(results.listings.after == results.listings.before)
    }
}
