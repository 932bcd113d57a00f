// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Plan {
    /// The changes to this ruleset that put exactly these openings in force. If `openings` is nil, they remove all our
    /// objects.
    ///
    /// `interfaces` are the interfaces in use: up, with an IPv4 address, not part of a bridge or bond. While
    /// there are none, exceptions serve the defaults for an unknown interface and for the interfaces that
    /// rules name.
    public init(
        openings: Openings?, on ruleset: Ruleset, policy: Policy, interfaces: [Interface] = [], now: WallTime
    ) {
        var evaluation: HostEvaluation?
        self.init(
            openings: openings, on: ruleset, policy: policy, interfaces: interfaces, now: now,
            evaluation: &evaluation)
    }

    /// As above. `evaluation` is that of the rules for the previous plan, which is used again if it is still valid, and
    /// is then set to the evaluation for this plan. If `openings` is nil, it is not used.
    public init(
        openings: Openings?, on ruleset: Ruleset, policy: Policy, interfaces: [Interface] = [], now: WallTime,
        evaluation: inout HostEvaluation?
    ) {
        self.init()
        let expiry = Expiry(policy.lease, from: now)
        var layouts: [TableName: Layout] = [:]
        if let openings {
            // Mode report announces the changes of mode auto.
            var policyOfSurvey = policy
            if policy.mode == .report { policyOfSurvey.mode = .auto }
            let survey = Survey(
                ruleset, openings: openings, policy: policyOfSurvey, expiry: expiry,
                interfaces: interfaces, known: exchange(&evaluation, with: nil))
            evaluation = survey.evaluation
            layouts = survey.layouts
            leftAlone = survey.leftAlone
            fates = survey.fates
        }
        if policy.mode == .report {
            leftAlone += Self.leftAloneByReport(layouts, on: ruleset)
            fates.withhold(Set(layouts.keys), because: "the mode is report")
            return
        }
        var removals: [Operation] = []
        var additions: [Operation] = []
        for table in Self.tables(in: ruleset, with: layouts) {
            let layout = layouts[table] ?? Layout(table: table)
            let elements = openings?.elements(of: SetNames(in: table), lease: policy.lease) ?? []
            let changes = TableChanges(from: ruleset, to: layout, elements: elements, expiry: expiry)
            removals += changes.removals
            additions += changes.additions
            leftAlone += changes.leftAlone
            if changes.isIncomplete { incomplete.insert(table) }
            if changes.isDisplaced { displaced.insert(table) }
            attachments += layout.attachments
        }
        leftAlone += Self.unremovable(in: ruleset)
        operations = removals + additions
    }

    /// The tables to change: our own first, then those of the ruleset in its order, without firewalld's and those in
    /// which the kernel lets only their owners make changes.
    private static func tables(in ruleset: Ruleset, with layouts: [TableName: Layout]) -> [TableName] {
        let found = ruleset.tables.map(\.name).filter { table in
            table != .teredowall && !table.isFirewalld && !ruleset.isOwned(table)
        }
        let isOwnNeeded = layouts[.teredowall] != nil || ruleset.hasTableOfOurs
        return (isOwnNeeded ? [.teredowall] : []) + found
    }

    /// The tables with objects of ours that only another process, the owner of the table, may remove.
    private static func unremovable(in ruleset: Ruleset) -> [LeftAlone] {
        let ownership = Ownership(ruleset)
        return ruleset.tables.compactMap { table in
            guard let owner = table.owner, !table.name.isFirewalld else { return nil }
            let hasObjectsOfOurs =
                ruleset.chains.contains { $0.name.table == table.name && ownership.isOurs($0) }
                || ruleset.sets.contains { $0.name.table == table.name && ownership.isOurs($0) }
                || ruleset.rules.contains {
                    $0.key.table == table.name && $0.value.notable.contains(where: \.isOurs)
                }
            let reason =
                "contains objects of teredowalld that only its owner may remove (netlink port \(owner)); "
                + "what they open ends with the lease"
            return hasObjectsOfOurs ? LeftAlone(name: table.name.description, reason: reason) : nil
        }
    }

    /// The chains that mode report leaves alone, each with the addition that mode auto would make to it.
    private static func leftAloneByReport(
        _ layouts: [TableName: Layout], on ruleset: Ruleset
    ) -> [LeftAlone] {
        let index = RulesetIndex(ruleset)
        return layouts.values.sorted { $0.table.description < $1.table.description }.flatMap { layout in
            let anchors = layout.chains.filter(\.isAnchor).map { chain in
                LeftAlone(
                    name: chain.chain.name.description,
                    reason: "the mode is report; the exceptions would be added to it")
            }
            let insertions = layout.insertions.map { insertion in
                let place = insertion.place
                let rules = index.rules[place.chain] ?? []
                let position = (ruleset.rules[place.chain] ?? []).position(ofForeign: place.index) + 1
                let location =
                    place.index < rules.count
                    ? "before rule \(position), handle \(rules[place.index].handle)" : "at its end"
                let addition = layout.form == .iptables ? "the exceptions" : "a jump"
                return LeftAlone(
                    name: place.base.description,
                    reason:
                        "the mode is report; \(addition) would be added to chain \(place.chain.name), "
                        + location)
            }
            return anchors + insertions
        }
    }
}

extension Ruleset {
    fileprivate func isOwned(_ table: TableName) -> Bool {
        tables.contains { $0.name == table && $0.owner != nil }
    }
}
