// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import TeredoProtocol
import Testing

private func plan(
    _ ruleset: Ruleset, _ openings: Openings? = .usual, _ policy: Policy = Policy()
) -> Plan { Plan(openings: openings, on: ruleset, policy: policy, now: .test) }

extension Ruleset {
    fileprivate func reconciled(_ openings: Openings? = .usual, _ policy: Policy = Policy()) -> Ruleset {
        var copy = self
        copy.apply(plan(self, openings, policy).operations)
        return copy
    }

    fileprivate func comments(of chain: String, in table: TableName = .filter) -> [String?]? {
        rules[ChainName(table, chain)]?.map(\.comment)
    }

    fileprivate func ports(_ set: String, in table: TableName = .filter) -> [UInt16]? {
        elements[SetName(table, set)]?.map(\.port)
    }
}

/// A firewall that denies input only.
private let workstation = Ruleset(
    .filter, .init("input", .inputDrop, Sample.established, Sample.blocklist, Sample.ssh),
    .init("output", BaseChain(hook: .output)))
/// A firewall that denies input and output.
private let strict = Ruleset(
    .filter, .init("input", .inputDrop, Sample.established),
    .init("output", .outputDrop, Sample.established, Sample.ssh))
/// A firewall with an anchor for input.
private let anchored = Ruleset(
    .filter, .init("teredowall-input"),
    .init("input", .inputDrop, Sample.established, Sample.jump("teredowall-input"), Sample.ssh))

@Suite struct PlanTests {
    @Test func `without a firewall only our own table is made`() {
        let result = Ruleset().reconciled()
        #expect(result.tables.map(\.name) == [.teredowall])
        #expect(
            result.comments(of: "input", in: .teredowall) == [
                "teredowall: Teredo service port, in", "teredowall: Teredo service port, in",
                "teredowall: Teredo local discovery, in",
            ])
        #expect(
            result.comments(of: "output", in: .teredowall) == [
                "teredowall: Teredo service port, out", "teredowall: Teredo service port, out",
                "teredowall: Teredo solicitation, out",
            ])
        #expect(result.ports("ports", in: .teredowall) == [41234])
        #expect(result.ports("static", in: .teredowall) == [3544])
        #expect(plan(Ruleset()).attachments.map(\.kind) == [.ownTable])
    }

    @Test(arguments: [workstation, strict, anchored])
    func `every object we make has our mark`(ruleset: Ruleset) {
        for operation in plan(ruleset).operations {
            switch operation {
            case .addTable(let table): #expect(Mark.isMark(table.comment))
            case .addChain(let chain): #expect(Mark.isMark(chain.comment))
            case .addSet(let set): #expect(Mark.isMark(set.comment))
            case .addRule(let rule, _, _): #expect(Mark.isMark(rule.comment))
            case .addElements: break
            default: Issue.record("\(operation) on a ruleset without anything of ours")
            }
        }
    }

    @Test func `a table without an anchor is one attachment, whichever directions it filters`() {
        // Our own table has both directions, that of the workstation denies input only.
        #expect(plan(workstation).attachments.map(\.chains.count) == [2, 1])
        let attachment = plan(strict).attachments.last
        #expect(attachment?.kind == .native)
        #expect(attachment?.chains == [ChainName(.filter, "input"), ChainName(.filter, "output")])
        #expect(
            attachment?.chainsOfOurs
                == [ChainName(.filter, "teredowall-input"), ChainName(.filter, "teredowall-output")])
    }

    @Test func `without a port the set of ports is empty, and without a user no rule is for solicitations`() {
        let result = strict.reconciled(Openings(ports: [], clientUser: nil))
        #expect(result.ports("teredowall-ports") == [])
        #expect(result.ports("teredowall-static") == [3544])
        let comment = "teredowall: Teredo service port, out"
        #expect(result.comments(of: "teredowall-output") == [comment, comment])
    }

    @Test func `rules for IGMP exist with igmp, and none for local discovery without multicast`() {
        let openings = Openings(ports: [1], clientUser: nil, multicast: false, igmp: true)
        let result = strict.reconciled(openings)
        #expect(
            result.comments(of: "teredowall-input") == [
                "teredowall: Teredo service port, in", "teredowall: Teredo service port, in",
                "teredowall: IGMP, in",
            ])
        #expect(result.comments(of: "teredowall-output")?.last == "teredowall: IGMP, out")
        #expect(plan(result, openings).operations == [])
        #expect(result.reconciled(nil).essence == strict.essence)
    }

    @Test func `rules in an ip table have no condition on IPv4`() {
        let ruleset = Ruleset(TableName(.ip, "fw"), .init("input", .inputDrop, Sample.ssh))
        let rules = ruleset.reconciled().rules[ChainName(TableName(.ip, "fw"), "teredowall-input")] ?? []
        #expect(rules.count == 3)
        #expect(rules.allSatisfy { !$0.expressions.contains(.meta(.familyProtocol)) })
    }

    @Test func `a port change only replaces elements of sets`() {
        let before = workstation.reconciled()
        let change = plan(before, Openings(ports: [5, 6], clientUser: 104)).operations
        #expect(
            change == [
                .flushSet(SetName(.teredowall, "ports")),
                .addElements(
                    SetName(.teredowall, "ports"), [5, 6].map { TimedElement($0, timeout: .seconds(180)) }),
                .flushSet(SetName(.filter, "teredowall-ports")),
                .addElements(
                    SetName(.filter, "teredowall-ports"),
                    [5, 6].map { TimedElement($0, timeout: .seconds(180)) }),
            ])
    }

    @Test func `a socket bound to one address opens its port there and nowhere else`() {
        let address = IPv4Address(10, 9, 0, 1)
        let openings = Openings(service: [Opening(5300, at: address), Opening(77)], clientUser: 104)
        let ruleset = workstation.reconciled(openings)
        for (table, prefix) in [(TableName.teredowall, ""), (.filter, "teredowall-")] {
            #expect(ruleset.elements[SetName(table, prefix + "ports")]?.map(\.port) == [77])
            let elements = ruleset.elements[SetName(table, prefix + "addresses")] ?? []
            #expect(elements.map(\.port) == [5300] && elements.map(\.address) == [address])
        }
        #expect(plan(ruleset, openings).operations == [])
        // A change from one address to all addresses only replaces elements of sets.
        let wildcard = Openings(service: [Opening(5300), Opening(77)], clientUser: 104)
        let operations = plan(ruleset, wildcard).operations
        // In each of the two tables: flush both sets, and fill that of the ports.
        #expect(operations.count == 6)
        #expect(
            operations.allSatisfy {
                switch $0 {
                case .flushSet, .addElements: true
                default: false
                }
            })
    }

    @Test func `a refresh puts openings in force without a reading of the ruleset`() {
        var ruleset = strict.reconciled()
        let openings = Openings(ports: [77], clientUser: 104)
        for attachment in plan(ruleset).attachments {
            ruleset.apply(attachment.refresh(openings, lease: .seconds(180)))
        }
        #expect(plan(ruleset, openings).operations == [])
        let closing = Attachment(kind: .native, table: .filter, chains: [])
            .refresh(Openings(ports: [], clientUser: 104), lease: .seconds(5))
        #expect(
            closing == [
                .flushSet(SetName(.filter, "teredowall-ports")),
                .flushSet(SetName(.filter, "teredowall-addresses")),
                .flushSet(SetName(.filter, "teredowall-static")),
                .addElements(
                    SetName(.filter, "teredowall-static"), [TimedElement(3544, timeout: .seconds(5))]),
            ])
    }

    @Test(arguments: [
        (remaining: 179, timeout: 180, isKept: true), (remaining: 89, timeout: 180, isKept: false),
        (remaining: 170, timeout: 200, isKept: false), (remaining: nil, timeout: nil, isKept: false),
    ])
    func `an element with another timeout or less than half of its lease left is renewed`(
        element: (remaining: Int?, timeout: Int?, isKept: Bool)
    ) {
        var ruleset = Ruleset().reconciled()
        let set = SetName(.teredowall, "static")
        ruleset.elements[set] = [
            TimedElement(
                3544, timeout: element.timeout.map { .seconds($0) },
                remaining: element.remaining.map { .seconds($0) }
            )
        ]
        #expect(plan(ruleset).operations.isEmpty == element.isKept)
    }

    @Test func `position first puts the exception at the beginning of the chain`() {
        let policy = Policy(position: .first)
        let result = workstation.reconciled(.usual, policy)
        #expect(result.comments(of: "input")?.first == "teredowall: exceptions for Teredo, in")
        #expect(plan(result, .usual, policy).operations == [])
        // With the default position again, the exception moves to the end.
        let back = result.reconciled()
        #expect(back.comments(of: "input")?.last == "teredowall: exceptions for Teredo, in")
        #expect(back.comments(of: "input")?.count == 4)
    }
}

@Suite struct AnchorTests {
    @Test func `an anchor is filled and never jumped to`() {
        let result = anchored.reconciled()
        #expect(result.comments(of: "input") == [nil, nil, nil])
        #expect(result.comments(of: "teredowall-input")?.count == 3)
        #expect(plan(anchored).attachments.map(\.kind) == [.ownTable, .anchor])
        #expect(plan(result).operations == [])
        #expect(result.reconciled(nil).essence == anchored.essence)
    }

    @Test func `the administrator's rules in an anchor stay`() {
        var ruleset = anchored
        ruleset.append(Sample.blocklist, to: ChainName(.filter, "teredowall-input"))
        let result = ruleset.reconciled()
        #expect(result.comments(of: "teredowall-input")?.count == 4)
        #expect(result.comments(of: "teredowall-input")?.first == .some(nil))
        #expect(result.reconciled(nil).essence == ruleset.essence)
    }

    @Test func `with an anchor for one direction, the other gets a jump`() {
        var ruleset = anchored
        ruleset.apply(.addChain(Chain(ChainName(.filter, "output"), base: .outputDrop)))
        ruleset.append(Sample.ssh, to: ChainName(.filter, "output"))
        let kinds = plan(ruleset).attachments.map(\.kind)
        #expect(kinds == [.ownTable, .native, .anchor])
        #expect(ruleset.reconciled().reconciled(nil).essence == ruleset.essence)
    }

    @Test func `our outdated rules and elements of an anchor are removed or replaced`() {
        let outdated = anchored.reconciled(Openings(ports: [9], clientUser: 104, igmp: true))
        let result = outdated.reconciled()
        #expect(result.essence == anchored.reconciled().essence)
    }
}
