// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The evaluation of the foreign rules. It stays valid as long as the foreign rules stay the same: after a change of
/// our own chains alone, no new evaluation is needed.
public struct HostEvaluation {
    /// Everything that the evaluation depends on.
    private struct Key: Equatable {
        let tables: [Table]
        let chains: [Chain]
        let rules: [ChainName: RuleList]
        let contents: [SetName: SetContents]
        let invertedObjects: Set<SetName>
        let ports: [UInt16]
        let clientUser: UInt32?
        let multicast: Bool
        let interfaces: [Interface]

        init(_ index: RulesetIndex, _ openings: Openings, _ interfaces: [Interface]) {
            let ruleset = index.ruleset
            // Our own commits add and delete chains of ours; only foreign rules in them matter here.
            func isIrrelevant(_ chain: Chain) -> Bool {
                chain.hasNameOfOurs && index.rules[chain.name]?.isEmpty ?? true
            }
            let ours = Set(ruleset.chains.filter(isIrrelevant).map(\.name))
            tables = ruleset.tables.filter { $0.name != .teredowall }
            chains = ruleset.chains.filter { !ours.contains($0.name) }.map { chain in
                var chain = chain
                // The kernel's use count includes our rules in the chain: subtract them.
                let ours = (ruleset.rules[chain.name]?.count ?? 0) - (index.rules[chain.name]?.count ?? 0)
                chain.use &-= UInt32(ours)
                return chain
            }
            rules = index.rules.filter { !ours.contains($0.key) }
            contents = ruleset.contents
            invertedObjects = ruleset.invertedObjects
            (ports, clientUser, multicast) = (openings.ports, openings.clientUser, openings.multicast)
            self.interfaces = interfaces
        }
    }

    private let key: Key
    var survey: RowFindings
    /// The base chains recognised as kill switches by their form.
    let killSwitches: Set<ChainName>

    /// Evaluates the ruleset, unless `known` is valid for it.
    init(
        of ruleset: Ruleset, openings: Openings, interfaces: [Interface], known: consuming HostEvaluation?
    ) {
        let index = RulesetIndex(ruleset)
        let key = Key(index, openings, interfaces)
        if let known, known.key == key {
            self = known
            return
        }
        self.key = key
        survey = RowFindings(index, openings: openings, interfaces: interfaces)
        let search = KillSwitchSearch(index, interfaces, clientUser: openings.clientUser)
        killSwitches = Set(ruleset.tables.flatMap { search.chains(of: $0.name) })
    }
}
