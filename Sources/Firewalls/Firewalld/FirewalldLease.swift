// SPDX-License-Identifier: GPL-2.0-or-later

/// The lease of a rule that we added to firewalld.
struct FirewalldLease: Equatable {
    /// The end of the rule's timer; nil for a rule without a time limit.
    var end: ContinuousClock.Instant?
    /// True while the rule is the one we added. A reload removes rules and keeps their timers.
    var isHeld = true

    /// A firewalld that is busy, as with a reload, ends timers late.
    static let longestDelay: Duration = .seconds(10)

    /// True if the timer may still remove a rule with the same text.
    func timerMayRun(at now: ContinuousClock.Instant) -> Bool {
        end.map { $0 + Self.longestDelay > now } ?? false
    }
}
