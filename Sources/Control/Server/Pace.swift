// SPDX-License-Identifier: GPL-2.0-or-later

/// A rate limit for each user: a burst of requests, then one for each interval that passes.
///
/// Requests beyond the limit are delayed, not refused: each gets a time at which it is answered. Times are of
/// a monotonic clock and passed in by the caller.
struct Pace {
    let burst: Int
    let interval: Duration
    /// The time at which each user has the full burst again; users without an entry have it now.
    private var refilled: [UInt32: ContinuousClock.Instant] = [:]

    init(burst: Int, interval: Duration) {
        self.burst = burst
        self.interval = interval
    }

    /// Counts a request of the user and returns the time at which to answer it; a past time means at once.
    mutating func reserve(for user: UInt32, at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        if refilled.count >= Self.mostUsers { refilled = refilled.filter { $0.value > now } }
        let start = max(refilled[user] ?? now, now)
        refilled[user] = start + interval
        // From this time on, at most `burst - 1` earlier requests count, so that this one fits into the burst.
        return start - interval * (burst - 1)
    }

    /// True when more than `burst` requests of the user are delayed.
    func isExhausted(for user: UInt32, at now: ContinuousClock.Instant) -> Bool {
        // Each request counts for one interval, and the first `burst` of them are not delayed.
        refilled[user].map { $0 - now > interval * (2 * burst) } ?? false
    }

    /// The number of users above which entries in the past are removed.
    private static let mostUsers = 64
}
