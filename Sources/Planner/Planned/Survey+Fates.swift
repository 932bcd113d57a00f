// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Survey {
    /// The fate of each row on each interface. The first chain that denies the packets determines it; if there is none,
    /// the row is open, by the exceptions in all chains that have one for it.
    var rowFates: [RowFate] {
        var groups: [RowFindings.RowKey: [RowFindings.Finding]] = [:]
        for finding in host.findings where finding.isPresent && !finding.isForPlacesOnly {
            groups[finding.key, default: []].append(finding)
        }
        var outcomes: [RowFindings.RowKey: RowFate.Outcome] = [:]
        for key in host.rows { outcomes[key] = outcome(of: key.row, groups[key] ?? []) }
        return host.rows.flatMap { key -> [RowFate] in
            guard let outcome = outcomes[key] else { return [] }
            // Show the packets to the group separately only if their outcome differs from that of the row's others.
            let others = RowFindings.RowKey(row: key.row, interface: key.interface)
            if key.isToGroup, outcomes[others] == outcome { return [] }
            return host.namesOfClass(of: key.interface).map { name in
                RowFate(
                    row: key.row.rawValue, direction: key.row.direction, interface: name,
                    isToGroup: key.isToGroup, outcome: outcome)
            }
        }
    }

    /// The outcome for a row. `findings` are in the order in which packets pass the chains.
    private func outcome(of row: Row, _ findings: [RowFindings.Finding]) -> RowFate.Outcome {
        var chains: [ChainName] = []
        var isFirewalld = false
        for finding in findings {
            let name = finding.base.name
            if name.table.isFirewalld {
                isFirewalld = isFirewalld || finding.fates.first?.defaultDenial != nil
                continue
            }
            // Only the first fate counts for the row. The others are those of parts of the class.
            for fate in finding.fates.prefix(1) {
                let isExceptionFirst = policy.position == .first && served.contains(name)
                // An exception for other packets of the row may stand before the rule that denies these packets.
                let isServedEarlier = isServedEarlier(fate, row, in: name)
                if let denial = fate.explicitDenial, !isExceptionFirst, !isServedEarlier {
                    if let bypassing = fate.bypassingRule {
                        return .unknown(rule(of: bypassing), reason: Self.undecidable)
                    }
                    return .explicitlyDenied(rule(of: denial.key))
                }
                if let undecided = fate.undecidedRule {
                    return .unknown(rule(of: undecided), reason: Self.undecidable)
                }
                guard let denial = fate.defaultDenial else {
                    if isServedEarlier, !chains.contains(name) { chains.append(name) }
                    if let reason = fate.unknownReason {
                        return .unknown(fate.stoppingRule.map(rule), reason: reason)
                    }
                    continue
                }
                let placeObstacle = fate.place.map(unsafePlaces.contains) == true ? Self.bypassReason : nil
                let unreachedAnchor = anchorObstacle(in: name.table, row, fate)
                let obstacle = isServedEarlier ? nil : fate.obstacle ?? placeObstacle
                if let reason = (served.contains(name) ? nil : unserved[name]) ?? obstacle ?? unreachedAnchor
                {
                    if let bypassing = fate.bypassingRule {
                        return .unknown(rule(of: bypassing), reason: Self.undecidable)
                    }
                    return .notServed(rule(of: denial.key), reason: reason)
                }
                if !chains.contains(name) { chains.append(name) }
            }
        }
        if chains.isEmpty { return isFirewalld ? .firewalld : .open }
        return .openByUs(chains)
    }

    /// The reason why an anchor does not serve a row: the packets are denied before they reach the anchor. nil if the
    /// table has no anchor, or the packets reach it.
    private func anchorObstacle(in table: TableName, _ row: Row, _ fate: ChainFate) -> String? {
        guard let anchor = anchors[table]?[row.direction], !fate.enteredChains.contains(anchor) else {
            return nil
        }
        return "chain \(anchor.name) is there for the exceptions, but no rule leads these packets to it "
            + "before they are denied: add or move a jump"
    }

    /// The reason shown where the fate of a row is unknown.
    private static let undecidable = "a condition cannot be evaluated"

    /// The rule or policy of a denial, in the form for display.
    private func rule(of key: Denial.Key) -> DecidingRule {
        guard let number = key.rule, let rules = host.index.rules[key.chain],
            rules.indices.contains(number)
        else { return DecidingRule(chain: key.chain) }
        let rule = rules[number]
        let position = (ruleset.rules[rule.chain] ?? []).position(ofForeign: number) + 1
        return DecidingRule(
            chain: rule.chain, text: rule.summary(with: ruleset.contents), position: position,
            handle: rule.handle)
    }
}
