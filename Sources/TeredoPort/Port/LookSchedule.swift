// SPDX-License-Identifier: Apache-2.0

/// The times of the looks at the socket table. An event only means that a look may be worthwhile.
struct LookSchedule {
    typealias Instant = ContinuousClock.Instant

    /// The interval of looks during a burst. The client binds about a millisecond after its tunnel device
    /// appears.
    static let burstGap = Duration.microseconds(200)
    static let burstLength = Duration.milliseconds(25)
    /// The time for which looks continue after the event, at growing intervals, in case the client starts
    /// slowly.
    static let burstTail = Duration.seconds(2)
    /// Each of these intervals is the previous one plus the previous one divided by this number.
    static let burstGrowth = 2
    /// The longest interval between looks, in case events are missed.
    static let safetyGap = Duration.seconds(60)

    /// The time of the next look.
    private(set) var next: Instant
    private var burst: Burst?
    /// The end of the pause after a look: no look is made before.
    private var restUntil: Instant

    /// Repeated looks after an event that precedes the client's start.
    private struct Burst {
        var start: Instant
        /// The interval before the next look.
        var gap: Duration
        /// True while the interval stays ``LookSchedule/burstGap``; afterwards it grows with each look.
        var hasConstantGap: Bool
    }

    init(now: Instant) {
        next = now + Self.safetyGap
        restUntil = now
    }

    /// After an event: look as soon as possible.
    mutating func requestLook(at now: Instant) { next = min(next, max(now, restUntil)) }

    /// The client may be about to start: look as soon as possible, and repeatedly.
    mutating func requestBurst(at now: Instant) {
        burst = Burst(start: now, gap: Self.burstGap, hasConstantGap: true)
        requestLook(at: now)
    }

    /// Records a look. `foundStart` is true when it found the client's start, which a burst waits for.
    mutating func looked(from start: Instant, to end: Instant, foundStart: Bool) {
        // Spend at most half of the time with looks, however many sockets and events there are.
        let cost = end - start
        restUntil = end + cost
        // Keep a look that was requested for later.
        let later = next > start ? next : end + Self.safetyGap
        defer { next = min(next, later) }
        guard var burst else {
            next = end + Self.safetyGap
            return
        }
        let age = end - burst.start
        if foundStart || age > Self.burstLength { burst.hasConstantGap = false }
        // The intervals grow with each look, also with those caused by events.
        if !burst.hasConstantGap { burst.gap = min(burst.gap + burst.gap / Self.burstGrowth, Self.burstTail) }
        if age > Self.burstTail {
            self.burst = nil
            next = end + Self.safetyGap
        } else {
            self.burst = burst
            next = end + max(burst.gap, cost)
        }
    }
}
