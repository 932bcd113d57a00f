// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The time of day, for display and for times that others read, such as the end of a lease in an iptables rule.
/// It may be set at any moment, so deadlines within the process use `ContinuousClock`.
public enum WallClock {
    /// Seconds since 1970-01-01 00:00 UTC.
    public static var now: Int64 { Int64(time(nil)) }
}
