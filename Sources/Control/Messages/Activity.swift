// SPDX-License-Identifier: GPL-2.0-or-later

/// Counters since the daemon's start, for monitoring.
public struct Activity: Codable, Hashable, Sendable {
    /// Number of times exceptions were put back, by the name of the process that had removed them; "unknown" where
    /// the kernel named none, and "other" beyond the first ``mostNames`` names.
    public private(set) var healsByProcess: [String: UInt64] = [:]
    /// Times that a plan had to be made again because the ruleset changed meanwhile.
    public var retries: UInt64
    /// Calls to the firewall that failed.
    public var failures: UInt64
    /// From seeing the client's port to the rule for it being committed.
    public var openSeconds: Histogram
    /// Duration of the transaction of a port change.
    public var swapSeconds: Histogram

    private static let mostNames = 32

    public init(
        retries: UInt64 = 0, failures: UInt64 = 0, openSeconds: Histogram = Histogram(),
        swapSeconds: Histogram = Histogram()
    ) {
        self.retries = retries
        self.failures = failures
        self.openSeconds = openSeconds
        self.swapSeconds = swapSeconds
    }

    /// Counts a heal.
    public mutating func addHeal(after process: String?) {
        let name = process ?? "unknown"
        let isNamed = healsByProcess[name] != nil || healsByProcess.count < Self.mostNames
        healsByProcess[isNamed ? name : "other", default: 0] += 1
    }
}

/// A cumulative histogram of durations.
public struct Histogram: Codable, Hashable, Sendable {
    /// Upper bounds of the buckets, ascending, in seconds; what took longer is only in ``count``.
    public static let bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1]

    /// Number of durations up to each of ``bounds``; each includes the ones before it.
    public private(set) var buckets = [UInt64](repeating: 0, count: bounds.count)
    public private(set) var count: UInt64 = 0
    public private(set) var sum: Double = 0

    public init() {}

    public mutating func add(seconds: Double) {
        for (index, bound) in Self.bounds.enumerated() where seconds <= bound { buckets[index] += 1 }
        count += 1
        sum += seconds
    }
}
