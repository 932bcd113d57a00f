// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import Testing

private let input = ChainName(.filter, "input")

private func plan(_ ruleset: Ruleset, _ policy: Policy = Policy()) -> Plan {
    Plan(openings: .usual, on: ruleset, policy: policy, now: .test)
}

/// A ruleset, and the expected reason why the plan leaves its chain with a default alone.
struct LeftAloneCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The chain, as the plan names it.
    var name: String
    var reason: String
    var ruleset: Ruleset
    var policy = Policy()
}

/// A host firewall that denies input by default.
private let host = Ruleset(.filter, .init("input", .inputDrop, Sample.ssh))

private let cases: [LeftAloneCase] = [
    .init(
        testDescription: "an owned table", name: "inet filter input",
        reason: "owned by another process (netlink port 4711)",
        ruleset: Ruleset(.filter, owner: 4711, .init("input", .inputDrop, Sample.ssh))),
    .init(
        testDescription: "a kill switch", name: "inet mullvad input",
        reason: "a kill switch of a VPN program; to open it nevertheless, "
            + "set pierce = [\"inet mullvad\"] in section [firewall] of teredowall.toml, and reload",
        ruleset: Ruleset(TableName(.inet, "mullvad"), .init("input", .inputDrop, Sample.ssh))),
    .init(
        testDescription: "an excluded table", name: "inet filter input",
        reason: "excluded by firewall.exclude", ruleset: host, policy: Policy(exclude: ["inet filter"])),
    .init(
        testDescription: "an excluded chain", name: "inet filter input",
        reason: "excluded by firewall.exclude", ruleset: host, policy: Policy(exclude: ["inet filter input"])
    ),
    .init(
        testDescription: "mode own-table", name: "inet filter input", reason: "the mode is own-table",
        ruleset: host, policy: Policy(mode: .ownTable)),
    .init(
        testDescription: "our chain's name taken", name: "inet filter input",
        reason: "chain teredowall-input in its table is a base chain, to which no rule can jump: rename it",
        ruleset: Ruleset(
            .filter, .init("input", .inputDrop), .init("teredowall-input", BaseChain(hook: .forward)))),
    .init(
        testDescription: "our set's name taken", name: "inet filter input",
        reason: "a set teredowall-ports that is not teredowalld's exists in its table: rename or delete it",
        ruleset: {
            var ruleset = host
            ruleset.apply(.addSet(.timedPorts(SetName(.filter, "teredowall-ports"))))
            return ruleset
        }()),
]

@Suite struct LeftAloneTests {
    @Test(arguments: cases)
    func `a chain with a reason to be left alone gets no exception and is reported`(example: LeftAloneCase) {
        let plan = plan(example.ruleset, example.policy)
        #expect(plan.leftAlone == [LeftAlone(name: example.name, reason: example.reason)])
        #expect(plan.attachments.map(\.kind) == [.ownTable])
        var result = example.ruleset
        result.apply(plan.operations)
        // Every plan makes our own table; here nothing else has changed.
        result.apply(.deleteTable(.teredowall))
        #expect(result.essence == example.ruleset.essence)
    }

    @Test func `pierce with a chain of a VPN program's table gives that chain exceptions`() {
        let ruleset = Ruleset(TableName(.inet, "mullvad"), .init("input", .inputDrop, Sample.ssh))
        let plan = plan(ruleset, Policy(pierce: ["inet mullvad input"]))
        #expect(plan.leftAlone == [])
        #expect(plan.attachments.map(\.kind) == [.ownTable, .native])
    }

    @Test func `mode report changes nothing and reports what it would do`() {
        var ruleset = host
        ruleset.append(Sample.limitedLog, to: input)
        let plan = plan(ruleset, Policy(mode: .report))
        #expect(plan.operations == [])
        #expect(plan.attachments == [])
        #expect(
            plan.leftAlone == [
                LeftAlone(
                    name: "inet filter input",
                    reason:
                        "the mode is report; a jump would be added to chain input, before rule 2, handle 2"
                )
            ])
    }

    @Test func `a table that the configuration excludes later loses our objects`() {
        var ruleset = host
        ruleset.apply(plan(ruleset).operations)
        ruleset.apply(plan(ruleset, Policy(exclude: ["inet filter"])).operations)
        ruleset.apply(.deleteTable(.teredowall))
        #expect(ruleset.essence == host.essence)
    }

    @Test func `a foreign table with our name is left alone, with and without openings`() {
        let ruleset = Ruleset(.teredowall, .init("input", .inputAccept, Sample.ssh))
        let plan = plan(ruleset)
        #expect(plan.operations == [])
        #expect(plan.leftAlone.map(\.name) == ["inet teredowall"])
        #expect(Plan(openings: nil, on: ruleset, policy: Policy(), now: .test).operations == [])
    }

    @Test(arguments: [Family.ip6, .bridge, .arp])
    func `tables of families other than ip and inet get no rules and are not reported`(family: Family) {
        let plan = plan(Ruleset(TableName(family, "filter"), .init("input", .inputDrop)))
        #expect(plan.leftAlone == [])
        #expect(plan.attachments.map(\.kind) == [.ownTable])
    }

    @Test func `a default at the ingress hook of an interface gets no exception and is reported`() {
        let edge = TableName(.netdev, "edge")
        // In netdev tables the number of `prerouting` is that of ingress (`Hook`).
        let ingress = BaseChain(hook: .prerouting, policy: .drop, device: "eth0")
        let plan = plan(Ruleset(edge, .init("in", ingress, Sample.ssh)))
        #expect(
            plan.leftAlone == [
                LeftAlone(
                    name: "netdev edge in",
                    reason: "denies by default at hook ingress, where no exception is made")
            ])
        #expect(plan.attachments.map(\.kind) == [.ownTable])
    }

    @Test func `a dormant table denies nothing`() {
        var ruleset = host
        ruleset.tables[0].flags = 1  // NFT_TABLE_F_DORMANT
        #expect(plan(ruleset).attachments.map(\.kind) == [.ownTable])
        #expect(plan(ruleset).leftAlone == [])
    }

    @Test(arguments: [TableName.firewalld, .firewalldReload])
    func `firewalld's tables get no rules and are not reported`(table: TableName) {
        let plan = plan(Ruleset(table, .init("filter_INPUT", .inputDrop)))
        #expect(plan.leftAlone == [])
        #expect(plan.attachments.map(\.kind) == [.ownTable])
    }

    @Test func `only the chains that IPv4 packets to or from the host pass, and our own chains, are read`() {
        var ruleset = Ruleset(
            .filter, .init("input", .inputDrop, Sample.jump("rest")), .init("rest", Sample.ssh, Sample.drop),
            .init("forward", BaseChain(hook: .forward, policy: .drop)), .init("other", Sample.ssh),
            .init("teredowall-output"))
        ruleset.add(TableName(.ip6, "six"), [.init("input", .inputDrop)])
        let all = ruleset.rules
        ruleset.rules = [:]
        // The chains of each reading.
        var readings: [[String]] = []
        while !ruleset.unreadChains.isEmpty {
            readings.append(ruleset.unreadChains.map(\.name))
            for chain in ruleset.unreadChains { ruleset.rules[chain] = all[chain] }
        }
        // The chain `rest` is known to be needed only once the chain that leads to it is read.
        #expect(readings == [["input", "teredowall-output"], ["rest"]])
    }

    @Test func `all chains of a table are read if a jump to our chain has not been found`() {
        var ruleset = host
        ruleset.apply(plan(ruleset).operations)
        ruleset.apply(.addChain(Chain(ChainName(.filter, "deep"))))
        ruleset.append(Sample.jump("teredowall-input"), to: ChainName(.filter, "deep"))
        let deep = ruleset.rules.removeValue(forKey: ChainName(.filter, "deep"))
        #expect(deep?.count == 1)
        #expect(ruleset.unreadChains == [ChainName(.filter, "deep")])
    }
}
