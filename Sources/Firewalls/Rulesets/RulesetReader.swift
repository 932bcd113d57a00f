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
        var ruleset = Ruleset(
            generation: generation, tables: try connection.tables(), chains: try connection.chains(),
            sets: try connection.sets())
        if everything {
            for chain in ruleset.chains.map(\.name) { ruleset.rules[chain] = try connection.rules(of: chain) }
        }
        while true {
            let (chains, maps) = (ruleset.unreadChains, ruleset.unreadMaps)
            if chains.isEmpty && maps.isEmpty { break }
            for map in maps { ruleset.verdicts[map] = try connection.verdicts(of: map) }
            for chain in chains { ruleset.rules[chain] = try connection.rules(of: chain, as: \.condensed) }
        }
        for set in ruleset.setsOfOurs { ruleset.elements[set] = try connection.elements(of: set) }
        return ruleset
    }
}
