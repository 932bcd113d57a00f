// SPDX-License-Identifier: GPL-2.0-or-later
import Bus
import Planner
import Platform
import TeredoProtocol
import Testing

@testable import Firewalls

/// Tests the changes that a plan makes in firewalld as values, without a firewalld. A slot is one of the priorities
/// with which the rule for an opening can be added; a renewal adds the rule in another slot and removes the
/// previous one.
@Suite struct FirewalldPlanTests {
    private let now = ContinuousClock.now
    /// The same opening in the first two slots.
    private let first = FirewalldRule(opening: .port(41000), priority: 32544)
    private let second = FirewalldRule(opening: .port(41000), priority: 32545)

    /// `timeLeft` has the remaining time of the leases in the zone `public`. A lease is 180 s; a rule is replaced
    /// when at most 135 s of it are left. `isHeld` is false if a reload has removed the rules since they were added.
    private func plan(
        _ openings: [FirewalldRule.Opening], zones: [String] = ["public"],
        present: [String: Set<FirewalldRule>] = [:], timeLeft: [FirewalldRule: Duration] = [:],
        isHeld: Bool = true
    ) -> FirewalldPlan {
        let leases = timeLeft.map { rule, left in
            (FirewalldEntry(zone: "public", rule: rule), FirewalldLease(end: now + left, isHeld: isHeld))
        }
        return FirewalldPlan(
            openings: openings, zones: zones, present: present,
            leases: Dictionary(uniqueKeysWithValues: leases), policy: Policy(), now: now)
    }

    private func entry(_ rule: FirewalldRule, _ zone: String = "public") -> FirewalldEntry {
        FirewalldEntry(zone: zone, rule: rule)
    }

    @Test(
        arguments: [
            ("1.3.3", false), ("2.3.1", false), ("2.4.0", true), ("2.4.4", true), ("2.5.2", true),
            ("3.0", true),
            ("2.4.0_rc1", true), ("git", nil),
        ] as [(String, Bool?)])
    func `versions whose reload fails with timed rules are recognised`(row: (text: String, isBroken: Bool?)) {
        #expect(FirewalldVersion(row.text)?.reloadsFailOverTimedRules == row.isBroken)
    }

    @Test func `a rule without a timeout needs no renewal, and its command names none`() {
        let rules = [entry(first): FirewalldLease(end: nil)]
        let plan = FirewalldPlan(
            openings: [.port(41000)], zones: ["public"], present: ["public": [first]], leases: rules,
            policy: Policy(), now: now)
        #expect(plan.additions == [] && plan.removals == [])
        #expect(
            self.plan([.port(41000)]).commands(lease: nil) == [
                "firewall-cmd --zone=public --add-rich-rule='\(first.text)'"
            ])
    }

    @Test func `a missing rule is added in every zone`() {
        let plan = plan([.port(41000)], zones: ["home", "public"])
        #expect(plan.additions == [entry(first, "home"), entry(first)])
        #expect(plan.removals == [])
    }

    @Test func `a fresh rule is left as it is`() {
        let plan = plan([.port(41000)], present: ["public": [first]], timeLeft: [first: .seconds(170)])
        #expect(plan.additions == [] && plan.removals == [])
    }

    @Test func `a rule with at most three quarters of its lease left is replaced by a rule in another slot`()
    {
        let plan = plan([.port(41000)], present: ["public": [first]], timeLeft: [first: .seconds(120)])
        #expect(plan.additions == [entry(second)] && plan.removals == [entry(first)])
    }

    @Test func `the next renewal uses the first slot again`() {
        let plan = plan([.port(41000)], present: ["public": [second]], timeLeft: [second: .seconds(120)])
        #expect(plan.additions == [entry(first)] && plan.removals == [entry(second)])
    }

    @Test func `a rule without a known lease is replaced`() {
        let plan = plan([.port(41000)], present: ["public": [first]])
        #expect(plan.additions == [entry(second)] && plan.removals == [entry(first)])
    }

    @Test func `a rule that a reload has restored is replaced`() {
        let plan = plan(
            [.port(41000)], present: ["public": [first]], timeLeft: [first: .seconds(170)], isHeld: false)
        #expect(plan.additions == [entry(second)] && plan.removals == [entry(first)])
    }

    @Test func `after a reload a slot whose timer still runs is avoided`() {
        let plan = plan([.port(41000)], timeLeft: [first: .seconds(100)])
        #expect(plan.additions == [entry(second)])
    }

    @Test func `a slot is avoided until its timer has ended for sure`() {
        let (late, over) = (Duration.seconds(-9), Duration.seconds(-11))
        #expect(plan([.port(41000)], timeLeft: [first: late]).additions == [entry(second)])
        #expect(plan([.port(41000)], timeLeft: [first: over]).additions == [entry(first)])
    }

    @Test func `when timers run for all slots, the slot whose timer ends last is used`() throws {
        let slots = FirewalldRule.priorities(.default).map {
            FirewalldRule(opening: .port(41000), priority: $0)
        }
        var timeLeft = Dictionary(uniqueKeysWithValues: slots.map { ($0, Duration.seconds(10)) })
        timeLeft[slots[5]] = .seconds(20)
        #expect(plan([.port(41000)], timeLeft: timeLeft).additions == [entry(slots[5])])
    }

    @Test func `unwanted rules are removed from all zones`() {
        let otherPort = FirewalldRule(opening: .port(40000), priority: 32544)
        let firstInZone = FirewalldRule(opening: .multicast, priority: -32544)
        let plan = plan(
            [.port(41000)], present: ["public": [first, otherPort], "home": [firstInZone]],
            timeLeft: [first: .seconds(170)])
        #expect(plan.additions == [])
        #expect(plan.removals == [entry(firstInZone, "home"), entry(otherPort)])
    }
}

@Suite struct FirewalldRuleTests {
    @Test(arguments: [
        FirewalldRule(opening: .port(1), priority: 32544),
        FirewalldRule(opening: .port(65535), priority: 32551),
        FirewalldRule(opening: .multicast, priority: 32545), FirewalldRule(opening: .igmp, priority: -32544),
        FirewalldRule(opening: .port(3544), priority: -32537),
        FirewalldRule(opening: .port(5300, at: IPv4Address(10, 9, 0, 1)), priority: 32546),
    ])
    func `a rule is recognised by its text`(rule: FirewalldRule) {
        #expect(FirewalldRule(text: rule.text) == rule)
    }

    @Test(arguments: [
        "", "rule", #"rule family="ipv4" port port="41000" protocol="udp" accept"#,
        // The priorities directly below and above ours.
        #"rule priority="32543" family="ipv4" port port="41000" protocol="udp" accept"#,
        #"rule priority="32552" family="ipv4" port port="41000" protocol="udp" accept"#,
        #"rule priority="32544" family="ipv4" port port="41000" protocol="tcp" accept"#,
        #"rule priority="32544" family="ipv4" port port="41000" protocol="udp" drop"#,
        #"rule priority="32544" family="ipv4" port port="41000" protocol="udp" log prefix="x" accept"#,
        #"rule priority="32544" family="ipv4" port port="041000" protocol="udp" accept"#,
        #"rule priority="32544" family="ipv4" port port="41000-41010" protocol="udp" accept"#,
        #"rule priority="32544" family="ipv4" protocol value="gre" accept"#,
    ])
    func `a foreign rule is not recognised`(text: String) { #expect(FirewalldRule(text: text) == nil) }
}

@Suite struct FirewalldZonesTests {
    private let active = [
        "home": FirewalldBinding(interfaces: ["wlan0"]), "work": FirewalldBinding(interfaces: ["enp+"]),
        "drop": FirewalldBinding(sources: ["192.0.2.0/24"]),
        // A name and a wildcard that both match wlan0: the name takes precedence.
        "block": FirewalldBinding(interfaces: ["wlan+"]),
    ]

    @Test(arguments: [
        ([], ["public"]), (["eth0"], ["public"]), (["wlan0"], ["home"]),
        (["enp3s0", "wlan0"], ["home", "work"]),
        (["eth0", "wlan0"], ["home", "public"]), (["wlan0", "wlan1"], ["block", "home"]),
    ])
    func `the interfaces in use determine the zones`(interfaces: [String], zones: [String]) {
        #expect(firewalldZones(active: active, defaultZone: "public", interfaces: interfaces) == zones)
    }
}

@Suite struct FirewalldPolicySettingsTests {
    private func stops(_ settings: [String: BusValue]) -> Bool {
        FirewalldPolicySettings(settings).reasonForStopping(["public"]) != nil
    }

    private func settings(
        from: String, to: String, target: String = "CONTINUE", priority: Int64 = -1, rule: String? = nil
    ) -> [String: BusValue] {
        [
            "ingress_zones": .list([.text(from)]), "egress_zones": .list([.text(to)]),
            "target": .text(target),
            "priority": .number(priority), "rich_rules": .list(rule.map { [.text($0)] } ?? []),
        ]
    }

    @Test func `a policy that denies output is reported`() {
        #expect(stops(settings(from: "HOST", to: "ANY", target: "DROP")))
        #expect(stops(settings(from: "HOST", to: "public", target: "REJECT")))
        #expect(stops(settings(from: "HOST", to: "ANY", rule: #"rule priority="32767" reject"#)))
        #expect(stops(settings(from: "HOST", to: "ANY", rule: #"rule protocol value="udp" drop"#)))
    }

    @Test func `a policy that denies input is reported only if it comes before the zones`() {
        #expect(stops(settings(from: "ANY", to: "HOST", target: "DROP")))
        #expect(!stops(settings(from: "ANY", to: "HOST", target: "DROP", priority: 100)))
    }

    @Test func `an unrelated policy is not reported`() {
        #expect(!stops([:]))
        #expect(!stops(settings(from: "HOST", to: "ANY", target: "ACCEPT")))
        #expect(!stops(settings(from: "HOST", to: "dmz", target: "DROP")))
        #expect(!stops(settings(from: "ANY", to: "public", target: "DROP")))
        #expect(!stops(settings(from: "HOST", to: "ANY", rule: #"rule family="ipv6" drop"#)))
        let narrow = #"rule family="ipv4" destination address="192.0.2.0/24" drop"#
        #expect(!stops(settings(from: "HOST", to: "ANY", rule: narrow)))
        #expect(!stops(settings(from: "HOST", to: "ANY", rule: #"rule protocol value="tcp" drop"#)))
    }
}
