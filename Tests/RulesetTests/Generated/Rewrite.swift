// SPDX-License-Identifier: GPL-2.0-or-later

/// A change of a draft that keeps the sequence of conditions and verdicts which any packet meets.
enum Rewrite: CaseIterable {
    /// One rule of several values becomes a rule for each.
    case split
    /// Two rules in a row that differ in one value become one.
    case merge
    /// Some rules move to a chain that is jumped to.
    case outline
    /// The last condition of a rule moves to a chain.
    case nest
    /// The rules of a chain take the place of the jump to it.
    case inline
    /// A policy of drop becomes a last rule.
    case spellPolicy
    case comment

    /// Does it at a place that `random` chooses; nil where it cannot be done.
    func applied(to draft: Draft, using random: inout some RandomNumberGenerator) -> Draft? {
        var found: [Draft] = []
        for chain in draft.chains.indices where draft.chains[chain].hook != .forward {
            if self == .spellPolicy {
                if let changed = Self.spellingPolicy(of: chain, in: draft) { found.append(changed) }
                continue
            }
            for rule in draft.chains[chain].rules.indices {
                let length = Int.random(in: 1...3, using: &random)
                if let changed = applied(to: draft, chain, rule, length) { found.append(changed) }
            }
        }
        return found.randomElement(using: &random)
    }

    private func applied(to draft: Draft, _ chain: Int, _ index: Int, _ length: Int) -> Draft? {
        var changed = draft
        let rules = draft.chains[chain].rules
        let rule = rules[index]
        switch self {
        case .split:
            guard !rule.isLimited, let place = rule.conditions.firstIndex(where: { $0.isDivisible }) else {
                return nil
            }
            let parts = rule.conditions[place].values.map { value in
                var part = rule
                part.conditions[place].values = [value]
                return part
            }
            changed.chains[chain].rules.replaceSubrange(index...index, with: parts)
        case .merge:
            guard index + 1 < rules.count, let merged = rule.merged(with: rules[index + 1]) else {
                return nil
            }
            changed.chains[chain].rules.replaceSubrange(index...index + 1, with: [merged])
        case .outline:
            let end = min(index + length, rules.count)
            let moved = Array(rules[index..<end])
            guard moved.allSatisfy(\.staysWhereItIs) else { return nil }
            let name = draft.freshName
            changed.chains[chain].rules.replaceSubrange(index..<end, with: [DraftRule(verdict: .jump(name))])
            changed.chains.append(DraftChain(name: name, rules: moved))
        case .nest:
            guard rule.staysWhereItIs, rule.conditions.count > 1, let last = rule.conditions.last else {
                return nil
            }
            // A port stands beside its protocol.
            guard !rule.conditions.contains(where: { $0.property == .protocols }) else { return nil }
            let name = draft.freshName
            var outer = DraftRule(conditions: rule.conditions.dropLast(), verdict: .jump(name))
            outer.comment = rule.comment
            var inner = rule
            inner.conditions = [last]
            changed.chains[chain].rules[index] = outer
            changed.chains.append(DraftChain(name: name, rules: [inner]))
        case .inline:
            guard rule.conditions.isEmpty, !rule.isLimited, case .jump(let name) = rule.verdict,
                let target = draft.index(of: name), draft.chains[target].rules.allSatisfy(\.staysWhereItIs)
            else { return nil }
            changed.chains[chain].rules.replaceSubrange(index...index, with: draft.chains[target].rules)
            // A chain that nothing leads to makes others look as if they were used twice.
            changed.removeOrphan(name)
        case .comment:
            guard rule.comment == nil else { return nil }
            changed.chains[chain].rules[index].comment = "rule \(index)"
        case .spellPolicy: return nil
        }
        return changed
    }

    private static func spellingPolicy(of chain: Int, in draft: Draft) -> Draft? {
        // What a return or a goto leads to is the policy, past all rules.
        let isLeft = draft.chains.contains { chain in
            chain.rules.contains { rule in
                if case .goto = rule.verdict { return true }
                return chain.hook != nil && rule.verdict == .return
            }
        }
        guard draft.chains[chain].isDroppedAtEnd, !isLeft else { return nil }
        var changed = draft
        changed.chains[chain].isDroppedAtEnd = false
        changed.chains[chain].rules.append(DraftRule(isCounted: true, verdict: .drop))
        return changed
    }
}

extension Draft {
    /// Removes a chain that no rule leads to any more.
    fileprivate mutating func removeOrphan(_ name: String) {
        let isUsed = chains.contains { chain in
            chain.rules.contains { $0.verdict == .jump(name) || $0.verdict == .goto(name) }
        }
        if !isUsed { chains.removeAll { $0.name == name } }
    }

    fileprivate var freshName: String {
        for number in 1... where index(of: "part\(number)") == nil { return "part\(number)" }
        return "part"
    }
}

extension DraftCondition {
    fileprivate var isDivisible: Bool { values.count > 1 && !isNegated }
}

extension DraftRule {
    /// Whether it means the same in a chain that is jumped to.
    fileprivate var staysWhereItIs: Bool {
        switch verdict {
        case .return, .goto: false
        default: true
        }
    }

    /// One rule for both; nil where that would mean something else.
    fileprivate func merged(with other: DraftRule) -> DraftRule? {
        guard !isLimited, conditions.count == other.conditions.count else { return nil }
        let places = conditions.indices.filter { conditions[$0] != other.conditions[$0] }
        guard places.count == 1, let place = places.first else { return nil }
        let (one, two) = (conditions[place], other.conditions[place])
        var (rest, otherRest) = (self, other)
        rest.conditions.remove(at: place)
        otherRest.conditions.remove(at: place)
        guard rest == otherRest, one.property == two.property, !one.isNegated, !two.isNegated else {
            return nil
        }
        // A packet must not meet what it has come back from.
        guard Set(one.values).isDisjoint(with: two.values) else { return nil }
        var merged = self
        merged.conditions[place].values = (one.values + two.values).sorted()
        return merged
    }
}
