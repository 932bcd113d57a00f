// SPDX-License-Identifier: GPL-2.0-or-later
internal import Exceptions

/// A rule of ours in a zone.
struct FirewalldEntry: Hashable, Sendable {
    var zone: String
    var rule: FirewalldRule
}

/// What is to be added to firewalld, and then removed from it. firewalld makes each a transaction of its own:
/// new rules come first and old ones go last, so there may be a moment with both, but none with neither.
struct FirewalldPlan: Equatable {
    var additions: [FirewalldEntry] = []
    var removals: [FirewalldEntry] = []

    /// - Parameters:
    ///   - openings: What shall be open.
    ///   - zones: Where.
    ///   - present: The rules of ours that are there, in all zones.
    ///   - leases: When firewalld's timers for our rules run out, as far as we started them; also for rules
    ///     that are not there any more.
    ///   - policy: Which priorities, and how long a lease is.
    ///   - now: The time that leases are compared with.
    init(
        openings: [FirewalldRule.Opening], zones: [String], present: [String: Set<FirewalldRule>],
        leases: [FirewalldEntry: ContinuousClock.Instant], policy: Policy, now: ContinuousClock.Instant
    ) {
        var kept: Set<FirewalldEntry> = []
        for zone in zones {
            for opening in openings {
                let slots = FirewalldRule.priorities(policy.position).map {
                    FirewalldEntry(zone: zone, rule: FirewalldRule(opening: opening, priority: $0))
                }
                let isPresent = { (slot: FirewalldEntry) in present[zone]?.contains(slot.rule) ?? false }
                let newest = slots.filter(isPresent)
                    .compactMap { slot in leases[slot].map { (slot, $0) } }
                    .max { $0.1 < $1.1 }
                // A rule that is there without a lease of ours is somebody's copy: its end is unknown.
                if let (slot, end) = newest, end - now > policy.lease * 3 / 4 {
                    kept.insert(slot)
                } else if let slot = Self.free(slots.filter { !isPresent($0) }, leases, now) {
                    additions.append(slot)
                }
            }
        }
        let all = present.flatMap { zone, rules in rules.map { FirewalldEntry(zone: zone, rule: $0) } }
        removals = all.filter { !kept.contains($0) }.sorted {
            ($0.zone, $0.rule.text) < ($1.zone, $1.rule.text)
        }
    }

    /// The slot whose old timer, if it still runs, does the least harm.
    private static func free(
        _ slots: [FirewalldEntry], _ leases: [FirewalldEntry: ContinuousClock.Instant],
        _ now: ContinuousClock.Instant
    ) -> FirewalldEntry? {
        slots.first { (leases[$0] ?? now) <= now } ?? slots.max { (leases[$0] ?? now) < (leases[$1] ?? now) }
    }
}
