// SPDX-License-Identifier: GPL-2.0-or-later

/// A moment of the wall clock, by which rules in tables of iptables expire.
public struct WallTime: Hashable, Sendable {
    /// Since 1970, UTC.
    public var seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }
}

/// When a lease that is taken now ends, on the wall clock.
struct Expiry {
    private let now: Int64
    private let lease: Int64

    init(_ lease: Duration, from now: WallTime) {
        self.now = now.seconds
        let (seconds, rest) = lease.components
        self.lease = seconds + (rest > 0 ? 1 : 0)
    }

    /// The last second of the lease.
    var second: UInt32 { UInt32(clamping: now + lease) }

    /// Whether a rule that expires then lives for another half of the lease at least, and not for much more
    /// than the whole. (It would after the clock was put back.)
    func fits(_ second: UInt32) -> Bool {
        let left = Int64(second) - now
        return left * 2 >= lease && left <= lease + 2
    }
}
