// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TeredoProtocol
import TestSupport

/// The results of sending packets to and from a host with a ruleset: whether each packet passed before teredowall
/// started, while it ran, and after it had ended.
struct PacketResults {
    /// The packets, in the order of the results.
    let testPackets: [TestPacket]
    let before: [Bool]
    let during: [Bool]
    let after: [Bool]
    /// The tables and chains that the plan leaves alone, and its fates for each row.
    let leftAlone: [LeftAlone]
    let fates: [RowFate]
    /// The listings of the ruleset at the same three times.
    let listings: (before: String, during: String, after: String)
    /// The xtables extensions in the rules, with their data, at the first and at the last of these times.
    private let extensions: (before: [String], after: [String])

    /// Two remote addresses: a neighbour, whose network 6.6.6.0/24 some rulesets mention, and a distant one that no
    /// ruleset singles out.
    static let remoteAddresses = [Testbed.neighbour, IPv4Address(93, 184, 215, 14)]

    /// Sends the packets with the ruleset that the host has.
    init(
        of testbed: Testbed, remoteAddresses: [IPv4Address] = Self.remoteAddresses, policy: Policy = Policy()
    ) throws {
        // Each phase uses other source addresses, because rules may store the addresses of earlier packets.
        let phases = (0..<3).map { TestPacket.all(remoteAddresses: remoteAddresses, phase: $0) }
        testPackets = phases[0]
        let listingBefore = try testbed.nft.listing()
        let extensionsBefore = try Self.extensions(on: testbed)
        before = try testbed.passes(phases[0].map(\.packet))
        let teredowall = try TestedFirewall(on: testbed, policy: policy)
        let plan = try teredowall.open()
        (leftAlone, fates) = (plan.leftAlone, plan.fates)
        during = try testbed.passes(phases[1].map(\.packet))
        let listingDuring = try testbed.nft.listing()
        try teredowall.close()
        after = try testbed.passes(phases[2].map(\.packet))
        listings = (listingBefore, listingDuring, try testbed.nft.listing())
        extensions = (extensionsBefore, try Self.extensions(on: testbed))
    }

    private static func extensions(on testbed: Testbed) throws -> [String] {
        let connection = try testbed.host.connection()
        return try connection.chains().flatMap { chain in
            try connection.rules(of: chain.name).flatMap(\.expressions).compactMap { expression in
                switch expression {
                case .match, .target: "\(chain.name) \(expression)"
                default: nil
                }
            }
        }
    }

    /// The packets of the rows that do not pass.
    var shut: [String] {
        zip(testPackets, during).filter { $0.0.row != nil && !$0.1 }.map(\.0.description)
    }

    /// The rows of which all packets pass.
    var open: Set<Row> { rows(during) }

    private func rows(_ passed: [Bool]) -> Set<Row> {
        Set(Row.allCases).subtracting(zip(testPackets, passed).filter { !$0.1 }.compactMap(\.0.row))
    }

    /// True if all fates of the row in the plan are open; nil if there are none, or one of them is unknown.
    func isPlannedOpen(_ row: Row) -> Bool? {
        let found = fates.filter { $0.row == row.rawValue }
        return found.isEmpty || found.contains(where: \.isUnknown) ? nil : found.allSatisfy(\.isOpen)
    }

    /// The rows whose fate in the plan differs from the results of the packets. If the plan has no fates at all,
    /// closed rows count too.
    var wrongFates: [String] {
        Row.allCases.filter { row in
            let planned = isPlannedOpen(row)
            return open.contains(row) ? planned == false : planned == true || planned == nil && fates.isEmpty
        }.map { row in
            let planned = fates.filter { $0.row == row.rawValue }.map { "\($0.outcome)" }
            return "\(row.rawValue) is \(open.contains(row) ? "open" : "shut"); the plan has \(planned)"
        }
    }

    /// The fates in the plan that are unknown.
    var unknownFates: [RowFate] { fates.filter(\.isUnknown) }

    /// Changes that teredowall must not make: other results while it runs for packets that no exception is
    /// for, and any difference after it has ended.
    var unwantedChanges: [String] {
        var found: [String] = []
        for (index, testPacket) in testPackets.enumerated() {
            if testPacket.row == nil, during[index] != before[index] {
                found.append("\(testPacket): \(during[index] ? "opened" : "shut") by teredowall")
            }
            if testPacket.row != nil, before[index], !during[index] {
                found.append("\(testPacket): shut by teredowall")
            }
            if after[index] != before[index] {
                found.append("\(testPacket): \(after[index] ? "open" : "shut") after teredowall has ended")
            }
        }
        if !Self.areEqual(listings.before, listings.after) || extensions.before != extensions.after {
            found.append("another ruleset after teredowall has ended:\n\(listings.after)")
        }
        return found
    }

    /// Whether two listings are equal. While other programs use netlink, nft may print an extension as "xt match …" or
    /// "xt target …", at other times in its own words; ``extensions`` compares what such lines do not show.
    private static func areEqual(_ one: String, _ other: String) -> Bool {
        let (lines, otherLines) = (withoutDynamicElements(one), withoutDynamicElements(other))
        func isOfExtension(_ line: Substring) -> Bool {
            line.contains(" xt match ") || line.contains(" xt target ")
        }
        return lines.count == otherLines.count
            && zip(lines, otherLines).allSatisfy { $0 == $1 || isOfExtension($0) || isOfExtension($1) }
    }

    /// The lines of a listing, without the elements of dynamic sets, which packets add, and without their number.
    private static func withoutDynamicElements(_ listing: String) -> [Substring] {
        var (lines, isDynamicSet, isInElements) = ([Substring](), false, false)
        for line in listing.split(separator: "\n") {
            if line.contains(" {") && !line.contains("elements") { isDynamicSet = false }
            if line.contains("flags dynamic") { isDynamicSet = true }
            if isDynamicSet, line.contains("elements = {") { isInElements = true }
            // Versions of nft from 1.1.7 on print the number of elements as a comment.
            let line = line.prefix(upTo: line.firstRange(of: "\t# count ")?.lowerBound ?? line.endIndex)
            if !isInElements { lines.append(line) }
            if isInElements, line.contains("}") { isInElements = false }
        }
        return lines
    }

    /// All faults that can be detected for any ruleset.
    var faults: [String] { unwantedChanges + wrongFates }

    /// A description for the message of a failed test.
    var summary: String {
        let reported = leftAlone.map { "\($0.name): \($0.reason)" } + fates.map { "\($0.row): \($0.outcome)" }
        return "shut: \(shut)\nreported: \(reported.joined(separator: "\n  "))\n\(listings.during)"
    }
}

extension RowFate {
    /// True if the planner cannot derive from the rules whether the packets pass.
    var isUnknown: Bool { if case .unknown = outcome { true } else { false } }
}

/// The planner and the commits of teredowall, without the daemon.
struct TestedFirewall {
    private let firewall: NftablesFirewall
    private let policy: Policy

    init(on testbed: Testbed, policy: Policy = Policy()) throws {
        firewall = try NftablesFirewall(connection: testbed.host.connection())
        firewall.interfaces = try testbed.host.run { () throws(any Error) in
            try UsableInterfaces().list().map { Interface($0) }
        }
        self.policy = policy
    }

    static let openings = Openings(ports: [TestPacket.port], clientUser: TestPacket.user)

    /// Commits the exceptions.
    func open(_ openings: Openings = openings) throws -> Plan {
        try firewall.reconcile(openings, policy: policy).plan
    }

    /// Moves the exceptions to other ports, without reading the ruleset.
    func move(_ openings: Openings) throws { _ = try firewall.refresh(openings, policy: policy) }

    /// Removes the exceptions.
    func close() throws { _ = try firewall.reconcile(nil, policy: policy) }
}
