// SPDX-License-Identifier: GPL-2.0-or-later

/// The rate limit of each user: a burst of requests, then one for each interval gone by.
///
/// Requests beyond that are put off, not refused: each is given the moment of its turn. Times are those of a monotonic
/// clock, passed in.
struct Pace {
    let burst: Int
    let interval: Duration
    /// From when on a user would be owed nothing; without an entry that is so now.
    private var settled: [UInt32: ContinuousClock.Instant] = [:]

    init(burst: Int, interval: Duration) {
        self.burst = burst
        self.interval = interval
    }

    /// Counts a request of the user and returns when it may be answered; what has passed means at once.
    mutating func reserve(for user: UInt32, at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        if settled.count >= Self.mostUsers { settled = settled.filter { $0.value > now } }
        let start = max(settled[user] ?? now, now)
        settled[user] = start + interval
        return start - interval * (burst - 1)
    }

    /// True when as many requests of the user are delayed as may be sent at once.
    func isExhausted(for user: UInt32, at now: ContinuousClock.Instant) -> Bool {
        settled[user].map { $0 - now > interval * (2 * burst) } ?? false
    }

    /// Beyond these, users that are owed nothing are forgotten.
    private static let mostUsers = 64
}
