// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import Planner

extension Ruleset {
    /// The objects in which another reading of the same generation differs from this one, as phrases: "the tables",
    /// "the rules of inet filter input".
    /// Ignores what may change without an event: elements of timed and dynamic sets, and tables that vanish
    /// with their owner.
    func differences(from other: Ruleset) -> [String] {
        let goneWithOwner = Set(tables.filter { $0.owner != nil }.map(\.name)).subtracting(
            other.tables.map(\.name))
        let (left, right) = (reported(without: goneWithOwner), other.reported(without: goneWithOwner))
        var names: [String] = []
        if left.tables != right.tables { names.append("the tables") }
        if left.chains != right.chains { names.append("the chains") }
        if left.sets != right.sets { names.append("the sets") }
        if left.invertedObjects != right.invertedObjects { names.append("the limits and quotas") }
        for chain in Set(left.rules.keys).union(right.rules.keys)
        where !Self.areSame(left.rules[chain], right.rules[chain]) {
            names.append("the rules of \(chain)")
        }
        for set in Set(left.contents.keys).union(right.contents.keys)
        where !Self.areSame(left.contents[set], right.contents[set]) {
            names.append("the elements of \(set)")
        }
        return names.sorted()
    }

    /// The ruleset without the parts whose changes no event reports.
    private func reported(without goneWithOwner: Set<TableName>) -> Ruleset {
        var copy = without(goneWithOwner)
        for index in copy.chains.indices where rules[copy.chains[index].name] == nil {
            // The use count is read again only together with the rules of the chain.
            copy.chains[index].use = 0
        }
        copy.contents = copy.contents.filter { !$0.value.changesByItself }
        return copy
    }

    /// Ignores counters, which packets change without an event, and whether a rule is condensed, which
    /// depends on the number of rules read before.
    private static func areSame(_ left: RuleList?, _ right: RuleList?) -> Bool {
        if left == right { return true }
        let (left, right) = (left?.map(\.withoutCounts), right?.map(\.withoutCounts))
        return left == right || left?.map(\.condensed) == right?.map(\.condensed)
    }

    /// Ignores the order of elements, since the kernel lists them in no particular order.
    private static func areSame(_ left: SetContents?, _ right: SetContents?) -> Bool {
        if left == right { return true }
        guard var left, var right,
            let (one, other) = left.entries.flatMap({ one in right.entries.map { (one, $0) } })
        else { return false }
        (left.entries, right.entries) = (nil, nil)
        return left == right && one.count == other.count && Set(one) == Set(other)
    }
}

extension Rule {
    /// The rule with its counters at 0.
    fileprivate var withoutCounts: Rule {
        var copy = self
        copy.expressions = expressions.map { expression in
            if case .counter = expression { .counter(packets: 0, bytes: 0) } else { expression }
        }
        return copy
    }
}
