// SPDX-License-Identifier: Apache-2.0

/// The times of the looks at the socket table. Events only say that a look may pay.
struct LookSchedule {
    typealias Instant = ContinuousClock.Instant

    /// The client binds about a millisecond after its tunnel device appears: closely spaced looks meet that.
    static let burstGap = Duration.microseconds(200)
    static let burstLength = Duration.milliseconds(25)
    /// A slow start is met by looks whose distance grows, up to this time after the event.
    static let burstTail = Duration.seconds(2)
    /// Each distance is longer than the one before by this part.
    static let burstGrowth = 2
    /// A look at least this often, in case events are missed.
    static let safetyGap = Duration.seconds(60)

    /// The time of the next look.
    private(set) var next: Instant
    private var burst: Burst?
    private var restUntil: Instant

    private struct Burst {
        var start: Instant
        var gap: Duration
        var isClose: Bool
    }

    init(now: Instant) {
        next = now + Self.safetyGap
        restUntil = now
    }

    /// Something happened: look as soon as possible.
    mutating func requestLook(at now: Instant) { next = min(next, max(now, restUntil)) }

    /// The client may be about to start: look as soon as possible, and again and again.
    mutating func requestBurst(at now: Instant) {
        burst = Burst(start: now, gap: Self.burstGap, isClose: true)
        requestLook(at: now)
    }

    /// A look was made. `foundStart` says that the client's start, which a burst waits for, was seen.
    mutating func looked(from start: Instant, to end: Instant, foundStart: Bool) {
        // At most half of the time goes into looking, however many sockets and events there are.
        let cost = end - start
        restUntil = end + cost
        // A look that was requested for later stays requested.
        let later = next > start ? next : end + Self.safetyGap
        defer { next = min(next, later) }
        guard var burst else {
            next = end + Self.safetyGap
            return
        }
        let age = end - burst.start
        if foundStart || age > Self.burstLength { burst.isClose = false }
        // However many looks events lead to meanwhile.
        if !burst.isClose { burst.gap = min(burst.gap + burst.gap / Self.burstGrowth, Self.burstTail) }
        if age > Self.burstTail {
            self.burst = nil
            next = end + Self.safetyGap
        } else {
            self.burst = burst
            next = end + max(burst.gap, cost)
        }
    }
}
