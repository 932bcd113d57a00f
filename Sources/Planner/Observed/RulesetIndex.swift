// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// A ruleset without our own rules, prepared for being walked through.
struct RulesetIndex {
    let ruleset: Ruleset
    /// Of each chain that was read, without ours.
    let rules: [ChainName: [Rule]]
    let chains: [ChainName: Chain]
    /// Of sets and maps; the ends of intervals are in order.
    private let sets: [SetName: SetContents]

    init(_ ruleset: Ruleset) {
        self.ruleset = ruleset
        rules = ruleset.rules.mapValues { rules in
            rules.contains(where: \.isOurs) ? rules.filter { !$0.isOurs } : rules
        }
        chains = Dictionary(ruleset.chains.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        sets = ruleset.contents.mapValues(\.sorted)
    }

    func contents(_ set: String, in table: TableName) -> SetContents? {
        sets[SetName(table, set)]
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
