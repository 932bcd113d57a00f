// SPDX-License-Identifier: GPL-2.0-or-later

/// A moment of the wall clock, by which rules in tables of iptables expire.
public struct WallTime: Hashable, Sendable {
    /// Since 1970, UTC.
    public var seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }
}

/// The end of a lease that is taken now, on the wall clock.
struct Expiry {
    private let now: Int64
    private let lease: Int64

    init(_ lease: Duration, from now: WallTime) {
        self.now = now.seconds
        let (seconds, rest) = lease.components
        self.lease = seconds + (rest > 0 ? 1 : 0)
    }

    /// The seconds in which rules hold that are written now.
    ///
    /// They have a beginning so that a copy of the ruleset, which nft writes in UTC and reads in local time, loads in
    /// every zone, and opens nothing for longer than a lease. A minute ago, as clocks are put right by seconds.
    var span: ClosedRange<UInt32> {
        let start = Self.clamped(now - 60)
        return start...max(start, Self.clamped(now + lease))
    }

    /// Whether a rule that holds then holds now, and for another half of the lease at least, and not for much more
    /// than the whole. (It would after the clock was put back.)
    func fits(_ span: ClosedRange<UInt32>) -> Bool {
        let left = Int64(span.upperBound) - now
        return Int64(span.lowerBound) <= now && span.lowerBound >= Self.first && left * 2 >= lease
            && left <= lease + 2
    }

    /// 1970-01-02: a day for the zones east of UTC.
    private static let first: UInt32 = 86_400
    /// The second before the one that iptables takes for no end at all.
    private static let last = UInt32(Int32.max) - 1

    private static func clamped(_ second: Int64) -> UInt32 {
        min(max(UInt32(clamping: second), first), last)
    }
}
