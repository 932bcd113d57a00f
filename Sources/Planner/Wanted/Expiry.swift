// SPDX-License-Identifier: GPL-2.0-or-later

/// The end of a lease that begins now, by the wall clock.
struct Expiry {
    private let now: Int64
    private let lease: Int64

    init(_ lease: Duration, from now: WallTime) {
        self.now = now.seconds
        let (seconds, rest) = lease.components
        self.lease = seconds + (rest > 0 ? 1 : 0)
    }

    /// The time span, in seconds since 1970, in which rules written now match.
    ///
    /// The span has a beginning because nft prints times in UTC and reads them in local time: a restored copy of the
    /// ruleset moves both ends by the same time, so that it loads in every time zone and is open no longer than the
    /// span. It begins a minute ago to allow for small corrections of the clock.
    var span: ClosedRange<UInt32> {
        let start = Self.clamped(now - 60)
        return start...max(start, Self.clamped(now + lease))
    }

    /// True if a rule with this span matches now, for at least another half of the lease, and for at most the lease and
    /// two seconds more. After the clock was set back, it would match longer.
    func fits(_ span: ClosedRange<UInt32>) -> Bool {
        let left = Int64(span.upperBound) - now
        return Int64(span.lowerBound) <= now && span.lowerBound >= Self.first && left * 2 >= lease
            && left <= lease + 2
    }

    /// The earliest beginning: 1970-01-02 00:00 UTC. One day after the start of 1970, so that the time lies in 1970
    /// also when nft reads it in a time zone east of UTC.
    private static let first: UInt32 = 86_400
    /// The latest end: one second before the value that means "no end" in iptables.
    private static let last = UInt32(Int32.max) - 1

    private static func clamped(_ second: Int64) -> UInt32 {
        min(max(UInt32(clamping: second), first), last)
    }
}
