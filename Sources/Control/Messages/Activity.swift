// SPDX-License-Identifier: GPL-2.0-or-later

/// Counters since the daemon's start, for monitoring.
public struct Activity: Codable, Hashable, Sendable {
    /// The number of heals by the name of the process that had removed the exceptions; "unknown" where the
    /// kernel did not name it, "other" beyond the first ``mostNames`` names.
    public private(set) var healsByProcess: [String: UInt64] = [:]
    /// The number of plans that were discarded because the ruleset had changed meanwhile.
    public var retries: UInt64
    /// The number of failed calls to the firewall.
    public var failures: UInt64
    /// The times from seeing a port of the client to the commit of its rule.
    public var openSeconds: Histogram
    /// The durations of the transactions that changed the port.
    public var swapSeconds: Histogram

    /// The maximum number of names counted separately: they come from other programs.
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

    /// Counts a heal after a commit of this process; nil if the kernel did not name the process.
    public mutating func addHeal(after process: String?) {
        let name = process ?? "unknown"
        let isNamed = healsByProcess[name] != nil || healsByProcess.count < Self.mostNames
        healsByProcess[isNamed ? name : "other", default: 0] += 1
    }
}

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
