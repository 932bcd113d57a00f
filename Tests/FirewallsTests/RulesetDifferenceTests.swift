// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Testing

@testable import Firewalls

/// Tests the comparison of a complete reading of the ruleset with the ruleset that is known from events.
@Suite struct RulesetDifferenceTests {
    private static let table = TableName(.inet, "filter")
    private static let owned = TableName(.inet, "owned")
    private static let input = ChainName(table, "input")
    private static let services = SetName(table, "services")
    private static let banned = SetName(table, "banned")

    private static let known: Ruleset = {
        // NFT_SET_TIMEOUT.
        let timed: UInt32 = 0x10
        return Ruleset(
            generation: 7, tables: [Table(table), Table(owned, owner: 77)],
            chains: [
                Chain(input, base: BaseChain(hook: .input, policy: .drop), use: 1),
                Chain(ChainName(table, "aside"), use: 3),
                Chain(ChainName(owned, "input"), base: BaseChain(hook: .input)),
            ],
            rules: [
                input: [
                    Rule(
                        chain: input, handle: 4,
                        expressions: [.counter(packets: 0, bytes: 0), .verdict(.accept)])
                ],
                ChainName(owned, "input"): [],
            ],
            contents: [
                services: SetContents(
                    flags: 0, keyLength: 2, entries: [SetEntry([0, 22]), SetEntry([0, 80])]),
                banned: SetContents(flags: timed, keyLength: 4),
            ])
    }()

    private func differences(_ change: (inout Ruleset) -> Void) -> [String] {
        var later = Self.known
        change(&later)
        return Self.known.differences(from: later)
    }

    @Test func `differences in what events report are named`() {
        #expect(differences { _ in } == [])
        #expect(differences { $0.tables[0].flags = 1 } == ["the tables"])
        #expect(differences { $0.chains[0].base?.policy = .accept } == ["the chains"])
        #expect(differences { $0.rules[Self.input] = [] } == ["the rules of inet filter input"])
        #expect(differences { $0.rules[Self.input] = nil }.contains("the rules of inet filter input"))
        #expect(
            differences { $0.contents[Self.services]?.entries?.removeLast() }
                == ["the elements of inet filter services"])
        #expect(
            differences { $0.contents[Self.services]?.entries?[0].key = [0, 23] }
                == ["the elements of inet filter services"])
        #expect(
            differences { $0.invertedObjects = [SetName(Self.table, "calm")] } == ["the limits and quotas"])
    }

    @Test func `changes without an event are not differences`() {
        #expect(differences { $0.contents[Self.services]?.entries?.reverse() } == [])
        #expect(differences { $0.contents[Self.banned]?.entries = [SetEntry([1, 2, 3, 4])] } == [])
        #expect(differences { $0.elements[Self.banned] = [] } == [])
        #expect(
            differences { $0.rules[Self.input]?[0].expressions[0] = .counter(packets: 7, bytes: 700) } == [])
        // The number of references to a chain: rules in chains that are not read count too.
        #expect(differences { $0.chains[1].use = 9 } == [])
        // A table that vanished with its owner.
        #expect(
            differences {
                $0.tables.removeLast()
                $0.chains.removeLast()
                $0.rules[ChainName(Self.owned, "input")] = nil
            } == [])
    }
}
