// SPDX-License-Identifier: GPL-2.0-or-later
internal import Planner

/// The rules to add to firewalld, and those to remove afterwards. firewalld applies each as a transaction of
/// its own. In this order, an old and a new rule may be in force together for a moment, but an opening is
/// never without a rule.
struct FirewalldPlan: Equatable {
    var additions: [FirewalldEntry] = []
    var removals: [FirewalldEntry] = []

    /// - Parameters:
    ///   - openings: The wanted openings.
    ///   - zones: The zones to open them in.
    ///   - present: The rules of ours now in force, by zone.
    ///   - leases: The leases of rules that we added, including rules that are gone but whose timer runs.
    ///   - policy: Its position decides the priorities; it has the length of a lease.
    ///   - now: The current time.
    init(
        openings: [FirewalldRule.Opening], zones: [String], present: [String: Set<FirewalldRule>],
        leases: [FirewalldEntry: FirewalldLease], policy: Policy, now: ContinuousClock.Instant
    ) {
        var kept: Set<FirewalldEntry> = []
        for zone in zones {
            for opening in openings {
                // The rules that can carry the opening, one for each priority.
                let slots = FirewalldRule.priorities(policy.position).map {
                    FirewalldEntry(zone: zone, rule: FirewalldRule(opening: opening, priority: $0))
                }
                let isPresent = { (slot: FirewalldEntry) in present[zone]?.contains(slot.rule) ?? false }
                let held = slots.filter { isPresent($0) && leases[$0]?.isHeld == true }
                    .compactMap { slot in
                        // A rule without a time limit needs no renewal.
                        leases[slot].map { (slot: slot, timeLeft: $0.end.map { $0 - now } ?? policy.lease) }
                    }
                // Keep a rule of ours for a quarter of its lease. A rule that is not in `leases` is a restored
                // copy, or of an earlier process: its end is unknown, so it is replaced.
                if let newest = held.max(by: { $0.timeLeft < $1.timeLeft }),
                    newest.timeLeft > policy.lease * 3 / 4
                {
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

    /// The changes in firewall-cmd's syntax.
    ///
    /// `seconds` is the time limit of added rules; nil for none.
    func commands(lease seconds: Int32?) -> [String] {
        let limit = seconds.map { " --timeout=\($0)" } ?? ""
        return additions.map {
            "firewall-cmd --zone=\($0.zone) --add-rich-rule='\($0.rule.text)'\(limit)"
        } + removals.map { "firewall-cmd --zone=\($0.zone) --remove-rich-rule='\($0.rule.text)'" }
    }

    /// The one of these free slots to use: one without a running timer or else, because the timer of an earlier
    /// rule removes the new rule too, the one whose timer ends last.
    private static func free(
        _ slots: [FirewalldEntry], _ leases: [FirewalldEntry: FirewalldLease], _ now: ContinuousClock.Instant
    ) -> FirewalldEntry? {
        let end = { (slot: FirewalldEntry) in leases[slot]?.end ?? now }
        return slots.first { !(leases[$0]?.timerMayRun(at: now) ?? false) } ?? slots.max { end($0) < end($1) }
    }
}
