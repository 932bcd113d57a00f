// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner

/// A rule of ours in a zone.
struct FirewalldEntry: Hashable, Sendable {
    var zone: String
    var rule: FirewalldRule
}

/// A rule that we added to firewalld, mostly with a timer.
struct FirewalldLease: Equatable {
    /// The end of the timer; nil for a rule without one.
    var end: ContinuousClock.Instant?
    /// Whether the rule is still the one we added. A reload takes the rules away and leaves the timers.
    var isHeld = true
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
    ///   - leases: The timers that we started, also for rules that are not there any more.
    ///   - policy: Which priorities, and how long a lease is.
    ///   - now: The time that leases are compared with.
    init(
        openings: [FirewalldRule.Opening], zones: [String], present: [String: Set<FirewalldRule>],
        leases: [FirewalldEntry: FirewalldLease], policy: Policy, now: ContinuousClock.Instant
    ) {
        var kept: Set<FirewalldEntry> = []
        for zone in zones {
            for opening in openings {
                let slots = FirewalldRule.priorities(policy.position).map {
                    FirewalldEntry(zone: zone, rule: FirewalldRule(opening: opening, priority: $0))
                }
                let isPresent = { (slot: FirewalldEntry) in present[zone]?.contains(slot.rule) ?? false }
                let held = slots.filter { isPresent($0) && leases[$0]?.isHeld == true }
                    .compactMap { slot in
                        // A rule without an end needs no renewal.
                        leases[slot].map { (slot: slot, left: $0.end.map { $0 - now } ?? policy.lease) }
                    }
                // A rule without a lease of ours is a saved copy: its end is unknown.
                if let newest = held.max(by: { $0.left < $1.left }), newest.left > policy.lease * 3 / 4 {
                    kept.insert(newest.slot)
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

    /// The same in the words of firewall-cmd.
    ///
    /// `seconds` is the time limit; nil for none.
    func commands(lease seconds: Int32?) -> [String] {
        let limit = seconds.map { " --timeout=\($0)" } ?? ""
        return additions.map {
            "firewall-cmd --zone=\($0.zone) --add-rich-rule='\($0.rule.text)'\(limit)"
        } + removals.map { "firewall-cmd --zone=\($0.zone) --remove-rich-rule='\($0.rule.text)'" }
    }

    /// The slot whose old timer, if it still runs, does the least harm.
    private static func free(
        _ slots: [FirewalldEntry], _ leases: [FirewalldEntry: FirewalldLease], _ now: ContinuousClock.Instant
    ) -> FirewalldEntry? {
        let end = { (slot: FirewalldEntry) in leases[slot]?.end ?? now }
        return slots.first { end($0) <= now } ?? slots.max { end($0) < end($1) }
    }
}
