// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// A ruleset that was read, and what commits have changed since, so that only that has to be read again.
///
/// What the kernel does not tell (a table that dies with its owner) it does not see: then ``forget()`` it.
struct RulesetMirror {
    /// The known ruleset; nil when all of it has to be read.
    private(set) var ruleset: Ruleset?
    /// Objects that commits have changed since.
    private(set) var changes: Set<ChangedObject> = []
    /// The newest commit that was told of.
    private(set) var heard: UInt32 = 0

    /// More changes than this are no cheaper to follow than to read everything.
    private static let mostChanges = 4096

    /// Takes note of what the kernel told. To be called in its order, with all that it tells.
    mutating func note(_ change: RulesetChange) {
        guard ruleset != nil else { return }
        guard case .committed(let generation, _, _, _, let changed) = change else { return forget() }
        // Generations wrap around, past 0.
        let next = heard == .max ? 1 : heard + 1
        if Int32(bitPattern: generation &- heard) <= 0 { return }
        guard generation == next, !changed.areIncomplete else { return forget() }
        changes.formUnion(changed.objects)
        heard = generation
        if changes.count > Self.mostChanges { forget() }
    }

    /// The ruleset was read, as it is at its generation.
    mutating func settle(_ ruleset: Ruleset) {
        self.ruleset = ruleset
        changes = []
        heard = ruleset.generation
    }

    mutating func forget() {
        ruleset = nil
        changes = []
    }

    /// Elements of these sets may have changed without a word.
    mutating func forget(elementsOf sets: Set<SetName>) {
        changes.formUnion(sets.map { .element(of: $0) })
    }
}
