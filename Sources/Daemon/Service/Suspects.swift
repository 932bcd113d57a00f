// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The authors of all commits since the last look, one of whom caused what the next look finds.
struct Suspects {
    struct Author: Hashable {
        var processID: Int32
        var name: String
    }

    private var authors: Set<Author> = []
    /// Commits without an author, and commits that were not told of.
    private var areComplete = true
    /// The newest generation that was told of.
    private var heard: UInt32?

    /// Takes note of a commit by others.
    mutating func note(_ change: RulesetChange) {
        switch change {
        case .committed(let generation, _, let processID?, let name?, _):
            authors.insert(Author(processID: processID, name: name))
            heard = generation
        case .committed(let generation, _, _, _, _):
            areComplete = false
            heard = generation
        case .lost:
            areComplete = false
        }
    }

    /// Takes note of a commit that did nothing to the exceptions: our own, or one that changed nothing they depend on.
    mutating func notePassed(_ generation: UInt32) { heard = generation }

    /// The one who did it: nil when several may have, or commits before `generation`, which was looked at, have not
    /// been told of yet.
    func culprit(at generation: UInt32) -> Author? {
        guard areComplete, heard == generation, authors.count == 1 else { return nil }
        return authors.first
    }

    /// Starts anew: whatever was done has been looked at.
    mutating func clear() {
        authors = []
        areComplete = true
    }
}
