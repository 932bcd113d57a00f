// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// A ruleset that was read, and the objects that commits have changed since, so that only these must be read
/// again.
///
/// The kernel reports no event when a table vanishes with its owner: call ``forget()`` where that may have
/// happened.
struct RulesetMirror {
    /// The ruleset as last read; nil when all of it must be read.
    private(set) var ruleset: Ruleset?
    /// The objects that commits have changed since.
    private(set) var changes: Set<ChangedObject> = []
    /// For chains with many rules: the changes of their rules since the reading.
    private(set) var histories: [ChainName: RuleHistory] = [:]
    /// The generation of the newest commit reported.
    private(set) var newestGeneration: UInt32 = 0

    /// True when irrelevant commits were not reported, so that the next generation may leave a gap.
    private var hasSkipped = false

    /// The number of changes above which reading everything is cheaper.
    private static let mostChanges = 4096

    /// Records a change that the kernel reported. Call it for every change, in the kernel's order.
    mutating func note(_ change: RulesetChange) {
        guard let ruleset else { return }
        if case .skipped = change {
            hasSkipped = true
            return
        }
        guard case .committed(let generation, _, _, _, let changed) = change else { return forget() }
        // Generations wrap around and skip 0.
        let next = newestGeneration == .max ? 1 : newestGeneration + 1
        if Int32(bitPattern: generation &- newestGeneration) <= 0 { return }
        guard generation == next || hasSkipped, !changed.areIncomplete else { return forget() }
        hasSkipped = false
        changes.formUnion(changed.objects)
        for case .rule(let chain) in changed.objects
        where ruleset.rules[chain].map({ $0.count > RulesetReader.fewRules }) ?? false {
            histories[chain, default: RuleHistory()].append(changed.rules?.filter { $0.chain == chain })
        }
        newestGeneration = generation
        if changes.count > Self.mostChanges { forget() }
    }

    /// Stores a new reading and drops the changes recorded before.
    mutating func replace(by ruleset: Ruleset) {
        self.ruleset = ruleset
        (changes, histories, hasSkipped) = ([], [:], false)
        newestGeneration = ruleset.generation
    }

    /// Drops the ruleset, so that the next reading reads everything.
    mutating func forget() {
        ruleset = nil
        (changes, histories, hasSkipped) = ([], [:], false)
    }

    /// Records that elements of these sets may have changed without an event.
    mutating func forget(elementsOf sets: Set<SetName>) {
        changes.formUnion(sets.map { .element(of: $0) })
    }
}
