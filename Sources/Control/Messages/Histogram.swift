// SPDX-License-Identifier: GPL-2.0-or-later

/// A cumulative histogram of durations.
public struct Histogram: Codable, Hashable, Sendable {
    /// The upper bounds of the buckets, ascending, in seconds; longer durations are only in ``count`` and ``sum``.
    public static let bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1]

    /// The number of durations up to each of ``bounds``; each includes the ones before it.
    public private(set) var buckets = [UInt64](repeating: 0, count: bounds.count)
    /// The number of all durations.
    public private(set) var count: UInt64 = 0
    /// The sum of all durations, in seconds.
    public private(set) var sum: Double = 0

    public init() {}

    public mutating func add(seconds: Double) {
        for (index, bound) in Self.bounds.enumerated() where seconds <= bound { buckets[index] += 1 }
        count += 1
        sum += seconds
    }
}
