// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The time of day, for what people and other programs read.
public enum WallClock {
    /// Seconds since 1970 in UTC.
    public static var now: Int64 { Int64(time(nil)) }
}
