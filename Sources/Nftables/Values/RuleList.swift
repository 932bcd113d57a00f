// SPDX-License-Identifier: GPL-2.0-or-later
internal import Synchronization

/// The rules of a chain, in order.
///
/// Copies share the rules and the values that were derived from them. Hence the comparison of a list with an
/// unchanged copy takes no time, and a search for chains or sets need not visit thousands of rules that refer
/// to none.
public struct RuleList: Hashable, Sendable, RandomAccessCollection, MutableCollection,
    RangeReplaceableCollection
{
    private var storage: Storage

    public init() { storage = Storage([]) }

    public init(_ rules: some Sequence<Rule>) { storage = Storage(Array(rules)) }

    /// The positions of the rules that have a comment or refer to a chain or a set. A search for our rules, for
    /// jumps or for the users of a set need examine only these.
    public var notablePositions: [Int] { storage.notablePositions }

    /// The rules at ``notablePositions``.
    public var notable: some Sequence<Rule> {
        storage.notablePositions.lazy.map { [rules = storage.rules] in rules[$0] }
    }

    /// True when a rule has expressions that only xtables programs write.
    public var usesXtables: Bool { storage.usesXtables }

    /// The list without the rules at these positions, which are in ascending order. The last result is kept, so
    /// that a second call with the same positions takes no time.
    public func removing(_ positions: [Int]) -> RuleList {
        if positions.isEmpty { return self }
        return storage.lastRemoval.withLock { lastRemoval in
            if let lastRemoval, lastRemoval.positions == positions { return lastRemoval.list }
            var (kept, start): ([Rule], Int) = ([], 0)
            kept.reserveCapacity(count - positions.count)
            for position in positions {
                kept += storage.rules[start..<position]
                start = position + 1
            }
            let list = RuleList(kept + storage.rules[start...])
            lastRemoval = Removal(positions: positions, list: list)
            return list
        }
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.storage === right.storage || left.storage.rules == right.storage.rules
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(storage.rules) }

    public var startIndex: Int { 0 }
    public var endIndex: Int { storage.rules.count }

    public subscript(position: Int) -> Rule {
        get { storage.rules[position] }
        set {
            var rules = storage.rules
            rules[position] = newValue
            storage = Storage(rules)
        }
    }

    public mutating func replaceSubrange(_ range: Range<Int>, with rules: some Collection<Rule>) {
        var all = storage.rules
        all.replaceSubrange(range, with: rules)
        storage = Storage(all)
    }

    public func makeIterator() -> IndexingIterator<[Rule]> { storage.rules.makeIterator() }

    private struct Removal: Sendable {
        let positions: [Int]
        /// The list without the rules at these positions.
        let list: RuleList
    }

    private final class Storage: Sendable {
        let rules: [Rule]
        let notablePositions: [Int]
        let usesXtables: Bool
        /// The last call of ``RuleList/removing(_:)``.
        let lastRemoval = Mutex<Removal?>(nil)

        init(_ rules: [Rule]) {
            self.rules = rules
            notablePositions = rules.indices.filter { rules[$0].isNotable }
            usesXtables = rules.contains(where: \.usesXtables)
        }
    }
}

extension RuleList: ExpressibleByArrayLiteral {
    public init(arrayLiteral rules: Rule...) { self.init(rules) }
}

extension Rule {
    /// The comment of the rule, whether nft stored it (as user data) or iptables (as a `comment` match).
    public var anyComment: String? { comment ?? expressions.lazy.compactMap(\.xtablesComment).first }

    /// True when the rule has expressions that only xtables programs write.
    public var usesXtables: Bool {
        expressions.contains { expression in
            switch expression {
            case .match, .target: true
            default: false
            }
        }
    }

    fileprivate var isNotable: Bool {
        comment != nil
            || expressions.contains { expression in
                expression.target != nil || expression.set != nil
                    || expression.xtablesComment?.isEmpty == false
            }
    }
}
