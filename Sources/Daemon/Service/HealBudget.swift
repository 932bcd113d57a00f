// SPDX-License-Identifier: GPL-2.0-or-later

/// The rate at which removed exceptions are put back: at once, unless another program keeps removing them.
///
/// A token bucket: `burst` heals at once, then one more for each `interval` gone by. Times are those of a
/// monotonic clock, passed in.
struct HealBudget {
    let burst: Double
    let interval: Duration
    private var tokens: Double
    private var counted: ContinuousClock.Instant

    init(burst: Int = 20, interval: Duration = .seconds(1), now: ContinuousClock.Instant) {
        self.burst = Double(burst)
        self.interval = interval
        tokens = Double(burst)
        counted = now
    }

    /// nil: heal now. Otherwise how long to wait before asking again.
    mutating func wait(at now: ContinuousClock.Instant) -> Duration? {
        tokens = min(burst, tokens + (now - counted) / interval)
        counted = now
        guard tokens < 1 else { return nil }
        return interval * (1 - tokens)
    }

    /// Whether at least half of the tokens are back.
    var isRested: Bool { tokens >= burst / 2 }

    /// Counts a heal that was needed.
    mutating func spend() { tokens -= 1 }
}
