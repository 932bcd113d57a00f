// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Survey {
    /// The fate of each row on each interface: by the first chain that stops it, or by all that let it pass.
    var rowFates: [RowFate] {
        var groups: [HostSurvey.RowKey: [HostSurvey.Finding]] = [:]
        for finding in host.findings where finding.isPresent {
            let key = HostSurvey.RowKey(
                row: finding.row, direction: finding.direction, interface: finding.interface)
            groups[key, default: []].append(finding)
        }
        return host.rows.map { key in
            RowFate(
                row: key.row, direction: key.direction, interface: key.interface?.name,
                outcome: outcome(of: groups[key] ?? []))
        }
    }

    private func outcome(of findings: [HostSurvey.Finding]) -> RowFate.Outcome {
        var places: [ChainName] = []
        var isFirewalld = false
        for finding in findings {
            let name = finding.base.name
            if name.table.isFirewalld {
                isFirewalld = isFirewalld || finding.fates.first?.byDefault != nil
                continue
            }
            // What becomes of the parts that a condition spares is beside the row.
            for fate in finding.fates.prefix(1) {
                let isFirst = policy.position == .first && served.contains(name)
                if let denial = fate.explicitly, !isFirst { return .explicitlyDenied(rule(of: denial.key)) }
                if let unknown = fate.unknown {
                    return .notServed(rule(of: unknown), reason: "a condition cannot be told")
                }
                guard let denial = fate.byDefault else {
                    if let reason = fate.obscurity { return .notServed(nil, reason: reason) }
                    continue
                }
                let harm = fate.place.map(unsafePlaces.contains) == true ? Self.harm : nil
                if let reason = (served.contains(name) ? nil : unserved[name]) ?? fate.obstacle ?? harm {
                    return .notServed(rule(of: denial.key), reason: reason)
                }
                if !places.contains(name) { places.append(name) }
            }
        }
        if places.isEmpty { return isFirewalld ? .firewalld : .open }
        return .openByUs(places)
    }

    /// The rule or policy of a denial, as people find it.
    private func rule(of key: Denial.Key) -> DecidingRule {
        guard let number = key.rule, let rules = host.index.rules[key.chain],
            rules.indices.contains(number)
        else { return DecidingRule(chain: key.chain) }
        let rule = rules[number]
        let all = ruleset.rules[rule.chain] ?? []
        let position = all.firstIndex { $0.handle == rule.handle }.map { $0 + 1 }
        return DecidingRule(
            chain: rule.chain, text: rule.summary, position: position, handle: rule.handle)
    }
}
