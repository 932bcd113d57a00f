// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// A ruleset without our own rules, arranged for the lookups of walks.
struct RulesetIndex {
    let ruleset: Ruleset
    /// The rules of each chain that was read, without our own.
    let rules: [ChainName: RuleList]
    /// The number of these rules.
    let ruleCount: Int
    let chains: [ChainName: Chain]
    /// The contents of sets and maps; entries of interval sets are sorted by key.
    private let sets: [SetName: SetContents]
    /// The sets that rules add to with different limits or quotas: an element keeps the expression of the
    /// rule that added it, whichever rule finds it later.
    let setsAddedToDifferently: Set<SetName>

    init(_ ruleset: Ruleset) {
        self.ruleset = ruleset
        rules = ruleset.rules.mapValues(\.foreign)
        ruleCount = rules.values.reduce(0) { $0 + $1.count }
        chains = Dictionary(ruleset.chains.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        sets = ruleset.contents.mapValues(\.sorted)
        setsAddedToDifferently = Self.setsAddedToDifferently(by: rules)
    }

    private static func setsAddedToDifferently(by rules: [ChainName: RuleList]) -> Set<SetName> {
        var references: [SetName: Set<[Expression]>] = [:]
        for (chain, rules) in rules {
            for case .instruction(.dynamicSet(let set, _, _, _, let inner)) in rules.notable.lazy
                .flatMap(\.expressions)
            {
                references[SetName(chain.table, set), default: []].insert(inner)
            }
        }
        return Set(references.filter { $0.value.count > 1 }.keys)
    }

    /// The base chains that packets of this direction, or packets that are forwarded, pass, and all chains that these lead
    /// to, as far as they were read.
    func chainsReached(by direction: Direction) -> Set<ChainName> {
        let ofOthers: Set<Hook> =
            direction == .input ? [.output, .postrouting] : [.prerouting, .ingress, .input]
        return chains(
            reachedFrom: ruleset.chains.filter { chain in
                chain.base.map { !ofOthers.contains($0.hook) } ?? false
            }.map(\.name))
    }

    /// These chains, and all that they lead to.
    func chains(reachedFrom starts: [ChainName]) -> Set<ChainName> {
        rules.chains(reachedFrom: starts) { targets(of: $0, in: $1) }
    }

    private func targets(of expression: Expression, in table: TableName) -> [String] {
        if let target = expression.target { return [target] }
        guard let map = expression.verdictMap else { return [] }
        return contents(map, in: table)?.entries?.compactMap(\.verdict?.target) ?? []
    }

    func contents(_ set: String, in table: TableName) -> SetContents? {
        sets[SetName(table, set)]
    }
}

extension [ChainName: RuleList] {
    /// These chains, and all that their rules lead to. `targets` returns the names of the chains that an expression in
    /// a table leads to; it is called once for each expression of the notable rules.
    func chains(
        reachedFrom starts: [ChainName], by targets: (Expression, TableName) -> [String]
    ) -> Set<ChainName> {
        var found = Set(starts)
        var pending = Array(found)
        while let chain = pending.popLast() {
            for expression in (self[chain] ?? []).notable.lazy.flatMap(\.expressions) {
                for name in targets(expression, chain.table) {
                    let target = ChainName(chain.table, name)
                    if found.insert(target).inserted { pending.append(target) }
                }
            }
        }
        return found
    }
}

extension SetContents {
    fileprivate var sorted: SetContents {
        guard isInterval, fields.isEmpty, let entries else { return self }
        var copy = self
        copy.entries = entries.sorted { left, right in
            let (first, second) = (left.key ?? [], right.key ?? [])
            if first == second { return left.isIntervalEnd && !right.isIntervalEnd }
            return first.lexicographicallyPrecedes(second)
        }
        return copy
    }
}
