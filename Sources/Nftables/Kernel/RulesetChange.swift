// SPDX-License-Identifier: GPL-2.0-or-later

/// An event of the ruleset.
public enum RulesetChange: Hashable, Sendable {
    /// A transaction was committed, by this process (``RulesetConnection/portID``) or another. `changed`
    /// omits elements of sets that ``RulesetEvents/listen(toElementsOf:)`` did not name. The ID and name of the
    /// process are nil if the kernel does not report them.
    case committed(
        generation: UInt32, portID: UInt32, processID: Int32?, processName: String?, changed: ChangedObjects)
    /// Between the previous commit reported and the next, commits that changed none of the reported objects may
    /// have been left out; see ``RulesetEvents/skipIrrelevantCommits(for:)``.
    case skipped
    /// Events were lost: read everything again.
    case lost
}
