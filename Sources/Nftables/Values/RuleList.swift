// SPDX-License-Identifier: GPL-2.0-or-later
internal import Synchronization

/// The rules of a chain, in order.
///
/// Copies share their storage and what was derived from it. Hence lists that nobody changed are equal at
/// once, and passes that look for names need not visit thousands of rules without any.
public struct RuleList: Hashable, Sendable, RandomAccessCollection, MutableCollection,
    RangeReplaceableCollection
{
    private var storage: Storage

    public init() { storage = Storage([]) }

    public init(_ rules: some Sequence<Rule>) { storage = Storage(Array(rules)) }

    /// The positions of the rules that have a comment or name a chain or a set: all that a search for our
    /// rules, for jumps or for users of a set can find.
    public var notablePositions: [Int] { storage.notablePositions }

    /// The rules at ``notablePositions``.
    public var notable: some Sequence<Rule> {
        storage.notablePositions.lazy.map { [rules = storage.rules] in rules[$0] }
    }

    /// True when a rule has expressions that only xtables programs write.
    public var usesXtables: Bool { storage.usesXtables }

    /// The list without the rules at these positions, which are in ascending order. The result for the same
    /// positions again is the same list.
    public func removing(_ positions: [Int]) -> RuleList {
        if positions.isEmpty { return self }
        return storage.rest.withLock { rest in
            if let rest, rest.positions == positions { return rest.list }
            var (kept, start): ([Rule], Int) = ([], 0)
            kept.reserveCapacity(count - positions.count)
            for position in positions {
                kept += storage.rules[start..<position]
                start = position + 1
            }
            let list = RuleList(kept + storage.rules[start...])
            rest = Rest(positions: positions, list: list)
            return list
        }
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.storage === right.storage || left.storage.rules == right.storage.rules
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(storage.rules) }

    // MARK: Collection

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

    // MARK: Storage

    private struct Rest: Sendable {
        let positions: [Int]
        let list: RuleList
    }

    private final class Storage: Sendable {
        let rules: [Rule]
        let notablePositions: [Int]
        let usesXtables: Bool
        /// The last result of ``RuleList/removing(_:)``.
        let rest = Mutex<Rest?>(nil)

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
    /// The comment of the rule, stored in nft's form or in iptables'.
    public var mark: String? { comment ?? expressions.lazy.compactMap(\.xtablesComment).first }

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
