// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Finds out whether a chain at output selects packets by one property, such as a mark: whether it accepts new packets that
/// this property singles out, or denies all but those. Conditions count in whichever rule on the way they are.
struct WayOutSearch {
    private let evaluator: Evaluator
    /// The property.
    private let facet: Facets
    /// The properties on which the conditions must not depend besides.
    private let excluded: Facets
    /// True for rules that select no way out.
    private let isExempt: (Rule, Evaluator) -> Bool
    private var seen: Set<Visit> = []
    /// For each chain, whether no packet of the class leaves it.
    private var ends: [ChainName: Bool] = [:]

    init(
        _ evaluator: Evaluator, _ facet: Facets, _ excluded: Facets,
        isExempt: @escaping (Rule, Evaluator) -> Bool
    ) {
        self.evaluator = evaluator
        self.facet = facet
        self.excluded = excluded
        self.isExempt = isExempt
    }

    /// The conditions on the way to a rule.
    private struct Way: Hashable {
        var match = Truth.yes
        /// The properties in the conditions that a stranger's packet fulfils, and in all conditions.
        var (passed, all): (Facets, Facets) = ([], [])
    }

    private struct Visit: Hashable {
        let chain: ChainName
        let way: Way
    }

    mutating func findsWay(in chain: ChainName) -> Bool { findsWay(in: chain, Way()) }

    private mutating func findsWay(in chain: ChainName, _ way: Way) -> Bool {
        guard seen.insert(Visit(chain: chain, way: way)).inserted else { return false }
        for rule in evaluator.index.rules[chain] ?? [] {
            let meaning = meaning(of: rule)
            for (ending, isStranger) in meaning.possibleEndings {
                var way = way
                way.match = way.match.and(isStranger ? meaning.match : .unlikely)
                way.passed.formUnion(meaning.passed)
                way.all.formUnion(
                    meaning.passed.union(meaning.failed).union(isStranger ? [] : meaning.branchFacets))
                // Asked last, because the answer takes further evaluations.
                guard maySelect(ending, way), !isExempt(rule, evaluator) else { continue }
                guard let target = ending.target else { return true }
                if findsWay(in: ChainName(chain.table, target), way) { return true }
            }
            if endsAll(meaning, in: chain.table) { return false }
        }
        return false
    }

    /// True if an ending, reached on a way, selects packets by the property, or leads to a chain that may do so.
    private func maySelect(_ ending: RuleMeaning.Ending, _ way: Way) -> Bool {
        switch ending {
        case .accept, .return:
            return !way.match.forStranger && way.all.contains(facet) && way.all.isDisjoint(with: excluded)
        case .drop, .reject:
            return way.match == .likely && way.passed.contains(facet) && way.passed.isDisjoint(with: excluded)
        case .jump, .goto: return true
        case .none, .queue, .unknown: return false
        }
    }

    private func meaning(of rule: Rule) -> RuleMeaning {
        var state = PacketState.withAnyMark
        return evaluator.meaning(of: rule, &state)
    }

    /// True if no packet of the class gets past a rule.
    private mutating func endsAll(_ meaning: RuleMeaning, in table: TableName) -> Bool {
        guard meaning.match == .yes, meaning.branchesOfOthers.isEmpty else { return false }
        switch meaning.ending {
        case .accept, .drop, .reject: return true
        case .jump(let target): return endsAll(ChainName(table, target))
        // The packets that leave the other chain do not come back.
        case .goto, .return: return true
        case .none, .queue, .unknown: return false
        }
    }

    /// True if no packet of the class leaves a chain.
    private mutating func endsAll(_ chain: ChainName) -> Bool {
        if let known = ends[chain] { return known }
        ends[chain] = false
        for rule in evaluator.index.rules[chain] ?? [] {
            let meaning = meaning(of: rule)
            for (ending, _) in meaning.possibleEndings {
                switch ending {
                case .return: return false
                // The packets that leave the other chain leave this one too.
                case .goto(let target):
                    guard endsAll(ChainName(chain.table, target)) else { return false }
                default: break
                }
            }
            if endsAll(meaning, in: chain.table) {
                ends[chain] = true
                return true
            }
        }
        return false
    }
}

extension RuleMeaning {
    /// The verdicts for packets of the class, each with whether a stranger's packet may have it.
    fileprivate var possibleEndings: [(ending: Ending, isOfStrangers: Bool)] {
        (match == .no ? [] : [(ending, match.forStranger)]) + branchesOfOthers.map { ($0, false) }
    }
}
