// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import Testing

private let host = Ruleset(
    .filter, .init("input", .inputDrop, Sample.established, Sample.blocklist, Sample.ssh),
    .init("output", .outputDrop, Sample.established, Sample.ssh))
private let input = ChainName(.filter, "input")
private let ourInput = ChainName(.filter, "teredowall-input")
private let jumpComment = "teredowall: exceptions for Teredo, in"

private func plan(_ ruleset: Ruleset, _ openings: Openings? = .usual, _ policy: Policy = Policy()) -> Plan {
    Plan(openings: openings, on: ruleset, policy: policy, now: .test)
}

private func reconciled(_ ruleset: Ruleset, _ openings: Openings? = .usual) -> Ruleset {
    var copy = ruleset
    copy.apply(plan(ruleset, openings).operations)
    return copy
}

/// A change that another program made to our objects. One plan must repair it, and one teardown must remove all our
/// objects.
struct Damage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var apply: @Sendable (inout Ruleset) -> Void

    init(_ description: String, _ apply: @escaping @Sendable (inout Ruleset) -> Void) {
        testDescription = description
        self.apply = apply
    }
}

private let damages: [Damage] = [
    Damage("a second jump") { $0.append(Sample.jump("teredowall-input"), comment: jumpComment, to: input) },
    Damage("a jump at the beginning of the chain") {
        let jump = $0.rules[input]?.last
        $0.apply(.deleteRule(input, handle: jump?.handle ?? 0))
        $0.append(Sample.jump("teredowall-input"), comment: jumpComment, to: input, at: 0)
    },
    Damage("our jump deleted") { $0.apply(.deleteRule(input, handle: $0.rules[input]?.last?.handle ?? 0)) },
    Damage("a jump to our chain in a chain that needs none") {
        $0.apply(.addChain(Chain(ChainName(.filter, "forward"), base: BaseChain(hook: .forward))))
        $0.append(Sample.jump("teredowall-input"), comment: jumpComment, to: ChainName(.filter, "forward"))
    },
    Damage("our chain emptied") { $0.apply(.flushChain(ourInput)) },
    Damage("one of our rules twice") {
        let rule = $0.rules[ourInput]?.first
        $0.append(rule?.expressions ?? [], comment: rule?.comment, to: ourInput)
    },
    Damage("our rules for other openings and another user") {
        $0 = reconciled($0, Openings(ports: [1], clientUser: 999, multicast: false, igmp: true))
    },
    Damage("our set emptied") { $0.apply(.flushSet(SetName(.filter, "teredowall-ports"))) },
    Damage("our table deleted") { $0.apply(.deleteTable(.teredowall)) },
    Damage("a rule deleted in our table") {
        let chain = ChainName(.teredowall, "input")
        $0.apply(.deleteRule(chain, handle: $0.rules[chain]?.first?.handle ?? 0))
    },
    Damage("the policy drop in our table") { ruleset in
        for index in ruleset.chains.indices where ruleset.chains[index].name.table == .teredowall {
            ruleset.chains[index].base?.policy = .drop
        }
    },
]

@Suite struct LeftoverTests {
    @Test(arguments: damages)
    func `one plan repairs the damage`(damage: Damage) {
        var ruleset = reconciled(host)
        damage.apply(&ruleset)
        #expect(plan(ruleset).operations != [])
        let repaired = reconciled(ruleset)
        #expect(plan(repaired).operations == [])
        var expected = reconciled(host).essence
        // One of the damages adds a foreign chain `forward`, which stays and loses the jump to our chain.
        expected.chains.formUnion(repaired.chains.filter { $0.name.name == "forward" })
        if repaired.rules[ChainName(.filter, "forward")] != nil {
            expected.rules[ChainName(.filter, "forward")] = []
        }
        #expect(repaired.essence == expected)
    }

    @Test(arguments: damages)
    func `one teardown removes the exceptions`(damage: Damage) {
        var ruleset = reconciled(host)
        damage.apply(&ruleset)
        let result = reconciled(ruleset, nil)
        #expect(result.tables.map(\.name) == [.filter])
        #expect(result.sets == [])
        #expect(result.rules[input] == host.rules[input])
        #expect(result.rules.values.joined().allSatisfy { !Mark.isMark($0.comment) })
        #expect(!result.chains.contains { Mark.isMark($0.comment) })
    }

    @Test func `a denial that the administrator adds after our jump moves the jump behind it`() {
        var ruleset = reconciled(host)
        ruleset.append(Sample.udpDrop, to: input)
        let result = reconciled(ruleset)
        #expect(result.rules[input]?.last?.comment == jumpComment)
        #expect(result.rules[input]?.count == 5)
    }

    @Test func `accepts and logs that are added after our jump do not move it, a later denial does`() {
        var ruleset = reconciled(host)
        ruleset.append(Sample.ssh, to: input)
        ruleset.append(Sample.log, to: input)
        #expect(plan(ruleset).operations == [])
        ruleset.append(Sample.blocklist, to: input)
        #expect(plan(ruleset).operations.count == 2)  // the old jump deleted, a new one added
        #expect(reconciled(ruleset).rules[input]?.last?.comment == jumpComment)
    }

    @Test func `a chain that no longer denies by default loses its jump`() {
        var ruleset = reconciled(host)
        let index = ruleset.chains.firstIndex { $0.name == input } ?? 0
        ruleset.chains[index].base?.policy = .accept
        let result = reconciled(ruleset)
        #expect(result.rules[input] == host.rules[input])
        #expect(!result.chains.contains { $0.name == ourInput })
        #expect(result.chains.contains { $0.name.name == "teredowall-output" })
    }

    @Test func `foreign rules in a chain of ours are kept by plans and by a teardown`() {
        var ruleset = reconciled(host)
        ruleset.append(Sample.blocklist, to: ourInput, at: 0)
        #expect(plan(ruleset).operations == [])
        let teardown = plan(ruleset, nil)
        #expect(
            teardown.leftAlone == [
                LeftAlone(
                    name: "inet filter teredowall-input",
                    reason: "kept, as it contains rules that are not teredowalld's")
            ])
        let result = reconciled(ruleset, nil)
        #expect(result.rules[ourInput]?.map(\.expressions) == [Sample.blocklist])
        #expect(result.rules[input] == host.rules[input])
    }

    @Test func `a teardown empties and keeps a chain of ours that a foreign rule leads to`() {
        var ruleset = reconciled(host)
        ruleset.append(Sample.jump("teredowall-input"), to: input, at: 0)
        let result = reconciled(ruleset, nil)
        #expect(result.rules[ourInput] == [])
        #expect(
            plan(ruleset, nil).leftAlone.map(\.reason) == [
                "kept, as rules that are not teredowalld's lead to it"
            ])
    }

    @Test func `a teardown empties and keeps a set of ours that a foreign rule uses`() {
        var ruleset = reconciled(host)
        ruleset.append(
            Sample.udp + [.lookup(set: "teredowall-ports", inverted: false), .counter(packets: 0, bytes: 0)],
            to: input, at: 0)
        let result = reconciled(ruleset, nil)
        #expect(result.sets.map(\.name.name) == ["teredowall-ports"])
        #expect(result.elements == [SetName(.filter, "teredowall-ports"): []])
    }

    @Test func `a rule with our mark but another form is not ours`() {
        var ruleset = host
        ruleset.append(Sample.drop, comment: "teredowall: mine", to: input, at: 0)
        ruleset.apply(.addChain(Chain(ChainName(.filter, "elsewhere"))))
        ruleset.append(Sample.jump("elsewhere"), comment: "teredowall: mine", to: input, at: 0)
        #expect(plan(ruleset, nil).operations == [])
    }

    @Test func `a teardown keeps foreign objects in our table`() {
        var ruleset = reconciled(host)
        let protect = ChainName(.teredowall, "protect")
        ruleset.apply(.addChain(Chain(protect, base: .inputAccept)))
        ruleset.append(Sample.blocklist, to: protect)
        let result = reconciled(ruleset, nil)
        #expect(result.chains.filter { $0.name.table == .teredowall }.map(\.name) == [protect])
        #expect(result.sets == [])
        #expect(
            plan(ruleset, nil).leftAlone == [
                LeftAlone(
                    name: "inet teredowall", reason: "kept, as it contains objects that are not teredowalld's"
                )
            ])
    }
}
