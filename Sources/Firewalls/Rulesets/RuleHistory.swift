// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import Planner

/// The changes of a chain's rules by commits, so that a chain of thousands of rules need not be read again
/// when one of them changes.
struct RuleHistory {
    /// The changes, by commit; nil when they are not all known.
    private var commits: [[RuleChange]]? = []

    /// The number of commits above which reading the chain is cheaper.
    private static let mostCommits = 64

    /// Adds the changes of a commit, nil if they are not known.
    mutating func append(_ changes: [RuleChange]?) {
        guard let changes, let count = commits?.count, count < Self.mostCommits else {
            commits = nil
            return
        }
        commits?.append(changes)
    }

    /// The rules of the chain after these commits, and those that were removed. nil when the events do not tell
    /// all changes, so that the chain must be read.
    func applied(
        to rules: RuleList, condensedBy condenser: RuleCondenser
    ) -> (rules: RuleList, removed: [Rule])? {
        guard let commits else { return nil }
        var (list, removed) = (Array(rules), [Rule]())
        var condenser = condenser
        for changes in commits {
            guard Self.apply(changes, to: &list, &removed, &condenser) else { return nil }
        }
        return (RuleList(list), removed)
    }

    private static func apply(
        _ changes: [RuleChange], to list: inout [Rule], _ removed: inout [Rule],
        _ condenser: inout RuleCondenser
    ) -> Bool {
        let hasRemovals = changes.contains { $0.position == nil }
        // Rules whose predecessor is reported later.
        var waiting: [(rule: Rule, previous: UInt64)] = []
        for change in changes {
            let known = list.firstIndex { $0.handle == change.handle }
            guard let position = change.position else {
                guard let known else { return false }
                removed.append(list.remove(at: known))
                continue
            }
            // The other rules of so long a chain were condensed when they were read.
            guard known == nil, let rule = change.rule.map({ condenser.condense($0) }) else { return false }
            switch position {
            case .first: list.insert(rule, at: 0)
            case .last:
                // The replacement of the first rule is reported in the same way.
                if hasRemovals { return false }
                list.append(rule)
            case .after(let previous):
                if !insert(rule, after: previous, in: &list) { waiting.append((rule, previous)) }
            case .unknown: return false
            }
        }
        while !waiting.isEmpty {
            let count = waiting.count
            waiting.removeAll { insert($0.rule, after: $0.previous, in: &list) }
            if waiting.count == count { return false }
        }
        return true
    }

    private static func insert(_ rule: Rule, after previous: UInt64, in list: inout [Rule]) -> Bool {
        guard let index = list.firstIndex(where: { $0.handle == previous }) else { return false }
        list.insert(rule, at: index + 1)
        return true
    }
}
