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
