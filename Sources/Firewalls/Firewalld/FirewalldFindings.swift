// SPDX-License-Identifier: GPL-2.0-or-later
internal import Bus
internal import Nftables
internal import Planner
internal import Platform

/// Settings of firewalld that stop Teredo in spite of our rules, or that open its ports permanently. `interfaces` are
/// the names of the interfaces in use.
func firewalldFindings(
    _ firewalld: FirewalldInterface, interfaces: [String]
) throws(BusError) -> [FirewalldFinding] {
    let active = try firewalld.activeZones()
    let inUse = firewalldZones(
        active: active, defaultZone: try firewalld.defaultZone(), interfaces: interfaces)
    var findings: [FirewalldFinding] = []
    if try firewalld.isPanicking() {
        findings.append(
            FirewalldFinding(
                name: "\(TableName.firewalld)",
                reason: "panic mode drops everything: firewall-cmd --panic-off ends it"))
    }
    for (zone, binding) in active.sorted(by: { $0.key < $1.key })
    where !binding.sources.isEmpty && !inUse.contains(zone) {
        guard try !firewalld.zone(zone).isOpen else { continue }
        findings.append(
            FirewalldFinding(
                name: "\(ChainName(.firewalld, zone))",
                reason:
                    "applies to \(binding.sources.joined(separator: ", ")), and zones of sources get no "
                    + "exceptions"))
    }
    for zone in inUse {
        for rule in try firewalld.permanentRichRules(zone: zone) where FirewalldRule(text: rule) != nil {
            findings.append(
                FirewalldFinding(
                    name: "\(ChainName(.firewalld, zone))",
                    reason: "a copy of an exception was made permanent; remove it with "
                        + "firewall-cmd --permanent --zone=\(zone) --remove-rich-rule='\(rule)'"))
        }
    }
    // The call fails before firewalld 0.9, which has no policies.
    guard let policies = try? firewalld.activePolicies() else { return findings }
    for policy in policies.sorted() {
        let settings = FirewalldPolicySettings(try firewalld.policySettings(policy))
        if let reason = settings.reasonForStopping(inUse) {
            findings.append(FirewalldFinding(name: "firewalld policy \(policy)", reason: reason))
        }
    }
    return findings
}

/// The settings of a firewalld policy that can stop Teredo.
struct FirewalldPolicySettings {
    var priority: Int64
    var ingress: [String]
    var egress: [String]
    var target: String
    var richRules: [String]

    init(_ settings: [String: BusValue]) {
        // -1 is firewalld's default.
        priority = settings["priority"]?.number ?? -1
        ingress = settings["ingress_zones"]?.texts ?? []
        egress = settings["egress_zones"]?.texts ?? []
        target = settings["target"]?.text ?? "CONTINUE"
        richRules = settings["rich_rules"]?.texts ?? []
    }

    /// The reason, as a clause, why the policy stops Teredo in one of these zones; nil when it does not.
    func reasonForStopping(_ zones: [String]) -> String? {
        guard let denial else { return nil }
        let zonesOrAny = Set(zones + ["ANY"])
        if ingress.contains("HOST"), !zonesOrAny.isDisjoint(with: egress) {
            return "stops output (\(denial)), for which firewalld has no rules with a time limit: "
                + "allow UDP in the policy"
        }
        // Policies with a priority above 0 are evaluated after the rules of the zone, too late to stop
        // packets that the zone accepts.
        if egress.contains("HOST"), !zonesOrAny.isDisjoint(with: ingress), priority < 0 {
            return "stops input before the zones are evaluated (\(denial)): "
                + "allow UDP in the policy, or give it a priority above 0"
        }
        return nil
    }

    /// The target or rich rule that denies packets of any source and port, as text; nil when nothing does.
    private var denial: String? {
        if ["DROP", "REJECT", "%%REJECT%%"].contains(target) { return "target \(target)" }
        // A rule with one of these texts, such as family="ipv6" or forward-port, is for particular packets only.
        let restrictingTexts = ["ipv6", "address", "port", "service", "icmp", "mac", "ipset"]
        return richRules.first { rule in
            let words = rule.split(separator: " ")
            let isForOtherProtocol = zip(words, words.dropFirst()).contains { word, next in
                word == "protocol" && next != #"value="udp""#
            }
            return (words.contains("drop") || words.contains("reject")) && !isForOtherProtocol
                && !restrictingTexts.contains { text in words.contains { $0.contains(text) } }
        }
    }
}
