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
