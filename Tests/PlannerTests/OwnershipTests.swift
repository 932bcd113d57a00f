// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import Testing

private let host = Ruleset(
    .filter, .init("input", .inputDrop, Sample.established, Sample.ssh),
    .init("output", .outputDrop, Sample.established, Sample.ssh))
private let ourInput = ChainName(.filter, "teredowall-input")
/// Openings with IGMP, so that all our sets exist.
private let openingsWithIGMP = Openings(ports: [41234], clientUser: 104, igmp: true)

private func plan(_ ruleset: Ruleset, _ openings: Openings? = openingsWithIGMP) -> Plan {
    Plan(openings: openings, on: ruleset, policy: Policy(), now: .test)
}

extension Ruleset {
    fileprivate func reconciled(_ openings: Openings? = openingsWithIGMP) -> Ruleset {
        var copy = self
        copy.apply(plan(self, openings).operations)
        return copy
    }

    /// The ruleset without the comments of sets and, unless `ofSetsOnly` is set, without those of chains and tables:
    /// programs that save and restore rulesets lose them.
    fileprivate func withoutComments(ofSetsOnly: Bool) -> Ruleset {
        var copy = self
        for index in sets.indices { copy.sets[index].comment = nil }
        if ofSetsOnly { return copy }
        for index in chains.indices { copy.chains[index].comment = nil }
        for index in tables.indices { copy.tables[index].comment = nil }
        return copy
    }
}

@Suite struct OwnershipTests {
    @Test(arguments: [true, false])
    func `a copy of our objects without comments gets them back or is removed`(ofSetsOnly: Bool) {
        let opened = host.reconciled()
        let copy = opened.withoutComments(ofSetsOnly: ofSetsOnly)
        #expect(copy.reconciled().essence == opened.essence)
        #expect(plan(copy.reconciled()).operations == [])
        #expect(plan(copy).leftAlone == [])
        // A teardown removes the copy even if no plan has given it the comments back.
        #expect(copy.reconciled(nil).essence == host.essence)
    }

    @Test func `a table with our name but without a comment of ours is left alone`() {
        for samples in [[], [ChainSample("input", .inputAccept, Sample.ssh)], [ChainSample("other")]] {
            var ruleset = host
            ruleset.add(.teredowall, samples)
            #expect(plan(ruleset).leftAlone.map(\.name) == ["inet teredowall"], "\(samples.map(\.name))")
            #expect(plan(ruleset, nil).operations == [], "\(samples.map(\.name))")
        }
        // Our table without comments is left alone, too, if it also contains a foreign rule.
        var ruleset = host.reconciled().withoutComments(ofSetsOnly: false)
        ruleset.append(Sample.ssh, to: ChainName(.teredowall, "input"))
        #expect(!plan(ruleset, nil).operations.contains { $0.table == .teredowall })
    }

    @Test func `a set without a comment that foreign rules use too is not ours`() {
        var ruleset = host.reconciled()
        let name = SetName(.filter, "teredowall-ports")
        for index in ruleset.sets.indices where ruleset.sets[index].name == name {
            ruleset.sets[index].comment = nil
        }
        ruleset.append(
            Sample.udp + [.lookup(set: name.name, inverted: false), .verdict(.accept)],
            to: ChainName(.filter, "input"), at: 0)
        let result = ruleset.reconciled(nil)
        #expect(result.sets.map(\.name) == [name])
        #expect(result.elements[name]?.isEmpty == false)
    }

    @Test func `an anchor without a jump to it is filled and reported, and opens nothing`() {
        var ruleset = host
        ruleset.apply(.addChain(Chain(ourInput)))
        let found = plan(ruleset, .usual)
        #expect(found.leftAlone.map(\.name) == ["inet filter teredowall-input"])
        #expect(!found.fates.contains { $0.direction == .input && $0.isOpen })
        #expect(found.fates.contains { $0.direction == .output && $0.isOpen })
        let result = ruleset.reconciled(.usual)
        #expect(result.rules[ourInput]?.count == 3)
        #expect(result.rules[ChainName(.filter, "input")] == host.rules[ChainName(.filter, "input")])
        #expect(result.reconciled(nil).essence == ruleset.essence)
    }

    @Test func `an anchor after a denial opens nothing, and an anchor before it opens all rows`() {
        func fates(_ rules: [Expression]...) -> [RowFate] {
            var ruleset = Ruleset(.filter, .init("teredowall-input"))
            let input = ChainName(.filter, "input")
            ruleset.apply(.addChain(Chain(input, base: .inputDrop)))
            for rule in rules { ruleset.append(rule, to: input) }
            return plan(ruleset, .usual).fates.filter { $0.direction == .input }
        }
        let anchor = Sample.jump("teredowall-input")
        #expect(fates(Sample.established, anchor, Sample.drop).allSatisfy { $0.isOpen })
        #expect(!fates(Sample.established, Sample.drop, anchor).contains { $0.isOpen })
    }

    @Test func `the set for IGMP exists only with igmp`() {
        let set = SetName(.filter, "teredowall-protocols")
        let with = host.reconciled()
        #expect(with.elements[set] == [.igmp(timeout: .seconds(180), remaining: .seconds(180))])
        #expect(with.elements[SetName(.teredowall, "protocols")]?.count == 1)
        for rule in with.rules.values.joined() where rule.comment?.hasPrefix("teredowall: IGMP") == true {
            #expect(
                rule.expressions.contains {
                    if case .lookup = $0 { true } else { false }
                })
        }
        let without = with.reconciled(.usual)
        #expect(without.essence == host.reconciled(.usual).essence)
        #expect(without.elements[set] == nil)
    }
}

extension TimedElement {
    fileprivate static func igmp(timeout: Duration, remaining: Duration) -> TimedElement {
        var element = TimedElement.igmp(timeout: timeout)
        element.remaining = remaining
        return element
    }
}

@Suite struct OwnedTableTests {
    /// NFT_TABLE_F_OWNER, NFT_TABLE_F_PERSIST.
    private static let (owned, persistent): (UInt32, UInt32) = (2, 4)

    /// The ruleset, its table `inet filter` with these flags and this owner.
    private func withFlags(_ flags: UInt32, owner: UInt32?, _ ruleset: Ruleset) -> Ruleset {
        var copy = ruleset
        for index in copy.tables.indices where copy.tables[index].name == .filter {
            copy.tables[index].flags = flags
            copy.tables[index].owner = owner
        }
        return copy
    }

    @Test func `a table whose owner has ended is left alone, and our objects are removed from it`() {
        let ownerless = withFlags(Self.persistent, owner: nil, host)
        let found = plan(ownerless)
        #expect(
            found.leftAlone.map(\.reason) == [
                "kept for a process that owned it and has ended (flag persist)",
                "kept for a process that owned it and has ended (flag persist)",
            ])
        #expect(found.operations.allSatisfy { $0.table == .teredowall })
        #expect(!found.fates.contains { $0.isOpen })
        let withOurObjects = withFlags(Self.persistent, owner: nil, host.reconciled())
        #expect(withOurObjects.reconciled(nil).essence == ownerless.essence)
        #expect(withOurObjects.reconciled().rules[ourInput] == nil)
    }

    @Test func `our objects in a table that got an owner are reported and not touched`() {
        let taken = withFlags(Self.owned | Self.persistent, owner: 77, host.reconciled())
        let found = plan(taken, nil)
        #expect(found.operations.allSatisfy { $0.table == .teredowall })
        let reported = found.leftAlone.map(\.description)
        #expect(
            reported == [
                "inet filter: contains objects of teredowalld that only its owner may remove (netlink port 77); "
                    + "what they open ends with the lease"
            ])
        #expect(plan(withFlags(Self.owned, owner: 77, host), nil).leftAlone == [])
    }
}

extension LeftAlone {
    fileprivate var description: String { "\(name): \(reason)" }
}
