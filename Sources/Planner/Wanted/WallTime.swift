// SPDX-License-Identifier: GPL-2.0-or-later

/// A point in time by the wall clock, by which rules in iptables' tables expire.
public struct WallTime: Hashable, Sendable {
    /// Seconds since 1970-01-01 00:00 UTC.
    public var seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }
}
