// SPDX-License-Identifier: GPL-2.0-or-later

/// How fast to put back what others take away: at once, but ever more slowly when somebody keeps doing it.
public struct HealingPace: Hashable, Sendable {
    /// So many repairs are made at once; the next ones within ``memory`` of the last are a fight.
    private static let patience = 10
    private static let firstPause = Duration.milliseconds(250)
    private static let longestPause = Duration.seconds(60)
    /// After so long without a repair everything is forgiven.
    private static let memory = Duration.seconds(120)

    private var repairs = 0
    private var lastRepair: ContinuousClock.Instant?

    public init() {}

    /// Whether somebody keeps removing what we put back.
    public var isFight: Bool { repairs > Self.patience }

    /// Takes note of a repair.
    ///
    /// - Returns: How long to leave the ruleset alone now, whatever happens to it meanwhile; zero as a rule.
    public mutating func repaired(at instant: ContinuousClock.Instant) -> Duration {
        if let lastRepair, instant - lastRepair > Self.memory { repairs = 0 }
        lastRepair = instant
        repairs += 1
        let excess = repairs - Self.patience
        if excess <= 0 { return .zero }
        // Doubling reaches the longest pause long before the shift overflows.
        return min(Self.firstPause * (1 << min(excess - 1, 16)), Self.longestPause)
    }
}
