// SPDX-License-Identifier: GPL-2.0-or-later

/// Limits the rate at which removed exceptions are put back, so that two programs that undo each other's
/// changes do not use all processor time.
///
/// A token bucket: `burst` heals at once, then one more for each `interval` that passes. Times are of a
/// monotonic clock and passed in by the caller.
struct HealBudget {
    let burst: Double
    let interval: Duration
    private var tokens: Double
    private var refilledAt: ContinuousClock.Instant

    init(burst: Int = 20, interval: Duration = .seconds(1), now: ContinuousClock.Instant) {
        self.burst = Double(burst)
        self.interval = interval
        tokens = Double(burst)
        refilledAt = now
    }

    /// The time to wait before the next heal; nil to heal now.
    mutating func wait(at now: ContinuousClock.Instant) -> Duration? {
        tokens = min(burst, tokens + (now - refilledAt) / interval)
        refilledAt = now
        guard tokens < 1 else { return nil }
        return interval * (1 - tokens)
    }

    /// True when at least half of the tokens are available.
    var isHalfFull: Bool { tokens >= burst / 2 }

    /// Counts one heal.
    mutating func spend() { tokens -= 1 }
}
