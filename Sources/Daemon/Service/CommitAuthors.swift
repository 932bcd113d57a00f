// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The possible authors of the change that the next reading finds: those of all commits since the last reading that
/// left no table to wait for, except our own commits and those that changed nothing the exceptions depend on.
struct CommitAuthors {
    struct Author: Hashable {
        var processID: Int32
        var name: String
    }

    private var authors: Set<Author> = []
    /// False after a commit without a known author, or lost messages.
    private var areComplete = true
    /// The newest generation reported.
    private var newestGeneration: UInt32?

    /// Records a commit of another program.
    mutating func record(_ change: RulesetChange) {
        switch change {
        case .committed(let generation, _, let processID?, let name?, _):
            authors.insert(Author(processID: processID, name: name))
            newestGeneration = generation
        case .committed(let generation, _, _, _, _):
            areComplete = false
            newestGeneration = generation
        case .lost: areComplete = false
        // The commits that the kernel did not report were irrelevant, too.
        case .skipped: break
        }
    }

    /// Records a commit that cannot be the cause: our own, or one that changed nothing the exceptions depend
    /// on.
    mutating func recordIrrelevant(_ generation: UInt32) { newestGeneration = generation }

    /// The only possible author of the change; nil when there is none or several, when one may be unknown, or
    /// when commits up to `generation`, which was read, have not been reported yet.
    func soleAuthor(at generation: UInt32) -> Author? {
        guard areComplete, newestGeneration == generation, authors.count == 1 else { return nil }
        return authors.first
    }

    /// Starts anew after a reading. Keeps `newestGeneration`, which says what was reported, not what was read.
    mutating func clear() {
        authors = []
        areComplete = true
    }
}
