// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
internal import Planner

/// Reads of the kernel's ruleset what planning needs, all of it at one generation.
public struct RulesetReader {
    private let connection: RulesetConnection
    /// How often it reads again when the ruleset changes meanwhile.
    private static let attempts = 20

    public init(_ connection: RulesetConnection) { self.connection = connection }

    /// Throws ``NftablesError/stale`` when the ruleset never held still.
    public func read() throws(NftablesError) -> Ruleset { try read(everything: false) }

    /// The same with the rules of every chain, whether planning needs them or not.
    public func readEverything() throws(NftablesError) -> Ruleset { try read(everything: true) }

    private func read(everything: Bool) throws(NftablesError) -> Ruleset {
        for _ in 0..<Self.attempts {
            let generation = try connection.generation()
            // Until the commit that made this generation is over, its number may stand for the state before.
            try connection.waitForCommit()
            let ruleset: Ruleset
            do throws(NftablesError) {
                ruleset = try readOnce(generation, everything)
            } catch {
                // What vanished between two dumps is no failure if the ruleset did change.
                if try connection.generation() == generation { throw error }
                continue
            }
            if try connection.generation() == generation { return ruleset }
        }
        throw .stale
    }

    private func readOnce(_ generation: UInt32, _ everything: Bool) throws(NftablesError) -> Ruleset {
        let sets = try connection.allSets()
        var ruleset = Ruleset(
            generation: generation, tables: try connection.tables(), chains: try connection.chains(),
            sets: sets.filter { !$0.isAnonymous }, invertedObjects: try connection.invertedObjects())
        if everything {
            for chain in ruleset.chains.map(\.name) { ruleset.rules[chain] = try connection.rules(of: chain) }
        }
        let described = Dictionary(
            sets.map { ($0.name, $0.contents) }, uniquingKeysWith: { first, _ in first })
        var count = ruleset.rules.values.reduce(0) { $0 + $1.count }
        while true {
            let (chains, unread) = (ruleset.unreadChains, ruleset.unreadSets)
            if chains.isEmpty && unread.isEmpty { break }
            for set in unread { ruleset.contents[set] = try contents(of: set, described[set]) }
            for chain in chains {
                // Where rules are many, it matters how large each of them is.
                let isLarge = count > Self.fewRules
                let rules =
                    isLarge
                    ? try connection.rules(of: chain, as: \.condensed) : try connection.rules(of: chain)
                count += rules.count
                ruleset.rules[chain] =
                    rules.count > Self.fewRules && !isLarge ? rules.map(\.condensed) : rules
            }
        }
        for set in ruleset.setsOfOurs { ruleset.elements[set] = try connection.elements(of: set) }
        return ruleset
    }

    /// Up to so many rules are kept as they are.
    private static let fewRules = 500

    /// A set with its elements, unless there may be so many that reading them costs more than they tell.
    private func contents(
        of set: SetName, _ description: SetContents?
    ) throws(NftablesError) -> SetContents {
        var contents = description ?? SetContents(flags: 0, keyLength: 0)
        // What packets put there changes without a commit.
        if contents.changesByItself && !contents.isMap { return contents }
        contents.entries = try connection.entries(of: set)
        return contents
    }
}
