// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Planner
import Platform
import TeredoProtocol
import TestSupport

/// The results of sending packets to and from a host with a ruleset: before teredowall starts, while it runs,
/// and after it has ended.
struct Answers {
    let questions: [Question]
    let before: [Bool]
    let with: [Bool]
    let after: [Bool]
    /// The tables that the plan leaves alone, and its fates for each row.
    let leftAlone: [LeftAlone]
    let fates: [RowFate]
    let listings: (before: String, with: String, after: String)

    /// Two remote addresses, a neighbour and a distant one, neither of which is in any list of the rulesets.
    static let elsewhere = [Testbed.neighbour, IPv4Address(93, 184, 215, 14)]

    /// Sends the packets with the ruleset that the host has.
    init(
        of testbed: Testbed, elsewhere addresses: [IPv4Address] = elsewhere, policy: Policy = Policy()
    ) throws {
        // Each phase uses other source addresses, because rules may store the addresses of earlier packets.
        let phases = (0..<3).map { Question.all(elsewhere: addresses, phase: $0) }
        questions = phases[0]
        let listing = try testbed.nft.listing()
        before = try testbed.passes(phases[0].map(\.packet))
        let teredowall = try TestedFirewall(on: testbed, policy: policy)
        let plan = try teredowall.open()
        (leftAlone, fates) = (plan.leftAlone, plan.fates)
        with = try testbed.passes(phases[1].map(\.packet))
        let up = try testbed.nft.listing()
        try teredowall.close()
        after = try testbed.passes(phases[2].map(\.packet))
        listings = (listing, up, try testbed.nft.listing())
    }

    /// The rows of which all packets pass.
    var open: Set<Row> { rows(with) }

    /// The rows of which at least one packet is dropped.
    var shut: Set<Row> { Set(Row.allCases).subtracting(open) }

    private func rows(_ passed: [Bool]) -> Set<Row> {
        Set(Row.allCases).subtracting(zip(questions, passed).filter { !$0.1 }.compactMap(\.0.row))
    }

    /// True if all fates of the row in the plan are open; nil if there are none, or one of them is unknown.
    func isPlannedOpen(_ row: Row) -> Bool? {
        let found = fates.filter { $0.row == row.rawValue }
        return found.isEmpty || found.contains(where: \.isUnknown) ? nil : found.allSatisfy(\.isOpen)
    }

    /// The rows for which the plan is wrong. If it has no fates at all, closed rows count as wrong.
    var falsehoods: [String] {
        Row.allCases.filter { row in
            let planned = isPlannedOpen(row)
            return open.contains(row) ? planned == false : planned == true || planned == nil && fates.isEmpty
        }.map { row in
            let planned = fates.filter { $0.row == row.rawValue }.map { "\($0.outcome)" }
            return "\(row.rawValue) is \(open.contains(row) ? "open" : "shut"); the plan has \(planned)"
        }
    }

    /// Changes that teredowall must not make: other results for packets beside the exceptions while it runs,
    /// and any difference after it has ended.
    var excesses: [String] {
        var found: [String] = []
        for (index, question) in questions.enumerated() {
            if question.row == nil, with[index] != before[index] {
                found.append("\(question): \(with[index] ? "opened" : "shut") by teredowall")
            }
            if question.row != nil, before[index], !with[index] {
                found.append("\(question): shut by teredowall")
            }
            if after[index] != before[index] {
                found.append("\(question): \(after[index] ? "open" : "shut") once teredowall is gone")
            }
        }
        if Self.lasting(listings.after) != Self.lasting(listings.before) {
            found.append("another ruleset once teredowall is gone:\n\(listings.after)")
        }
        return found
    }

    /// A listing without the elements that packets added to sets, and without their number.
    private static func lasting(_ listing: String) -> [Substring] {
        var (lines, isLearned, isInElements) = ([Substring](), false, false)
        for line in listing.split(separator: "\n") {
            if line.contains(" {") && !line.contains("elements") { isLearned = false }
            if line.contains("flags dynamic") { isLearned = true }
            if isLearned, line.contains("elements = {") { isInElements = true }
            // Versions of nft from 1.1.7 on print the number of elements as a comment.
            let line = line.prefix(upTo: line.firstRange(of: "\t# count ")?.lowerBound ?? line.endIndex)
            if !isInElements { lines.append(line) }
            if isInElements, line.contains("}") { isInElements = false }
        }
        return lines
    }

    /// All faults that can be detected for any ruleset.
    var faults: [String] { excesses + falsehoods }

    /// A description for the message of a failed test.
    var summary: String {
        let shut = zip(questions, with).filter { $0.0.row != nil && !$0.1 }.map(\.0.description)
        let reported = leftAlone.map { "\($0.name): \($0.reason)" } + fates.map { "\($0.row): \($0.outcome)" }
        return "shut: \(shut)\nreported: \(reported.joined(separator: "\n  "))\n\(listings.with)"
    }
}

extension RowFate {
    /// True if the planner cannot derive from the rules whether the packets pass.
    var isUnknown: Bool { if case .unknown = outcome { true } else { false } }
}

/// teredowall without its daemon: the planner and the commits.
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

    static let openings = Openings(ports: [Question.port], clientUser: Question.user)

    /// Commits the exceptions.
    func open(_ openings: Openings = openings) throws -> Plan {
        try firewall.reconcile(openings, policy: policy).plan
    }

    /// Follows the client to other ports, without a look at the ruleset.
    func move(_ openings: Openings) throws { _ = try firewall.refresh(openings, policy: policy) }

    func close() throws { _ = try firewall.reconcile(nil, policy: policy) }
}
