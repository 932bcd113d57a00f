// SPDX-License-Identifier: GPL-2.0-or-later

/// A change of a draft that keeps the sequence of conditions and verdicts for every packet.
enum Rewrite: CaseIterable {
    /// Splits a rule with several values into one rule for each value.
    case split
    /// Merges two consecutive rules that differ in one value.
    case merge
    /// Moves some rules to a new chain and jumps to it.
    case outline
    /// Moves the last condition and the verdict of a rule to a new chain and jumps to it.
    case nest
    /// Replaces a jump by the rules of the chain to which it leads.
    case inline
    /// Replaces the policy drop by a last rule.
    case spellPolicy
    /// Adds a comment to a rule.
    case comment

    /// Returns the draft with the change at a place that `random` chooses; nil if the change is possible at
    /// no place.
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

    /// The draft with the change at the rule `index` of a chain; nil if that is not possible. `length` is the
    /// number of rules that ``outline`` moves, if the chain has so many.
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
            guard moved.allSatisfy(\.isMovable) else { return nil }
            let name = draft.freshName
            changed.chains[chain].rules.replaceSubrange(index..<end, with: [DraftRule(verdict: .jump(name))])
            changed.chains.append(DraftChain(name: name, rules: moved))
        case .nest:
            guard rule.isMovable, rule.conditions.count > 1, let last = rule.conditions.last else {
                return nil
            }
            // nft and iptables require the protocol in the same rule as its ports.
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
                let target = draft.index(of: name), draft.chains[target].rules.allSatisfy(\.isMovable)
            else { return nil }
            changed.chains[chain].rules.replaceSubrange(index...index, with: draft.chains[target].rules)
            // A chain that no rule leads to is removed, because the chains to which it jumps would count as used twice.
            changed.removeOrphan(name)
        case .comment:
            guard rule.comment == nil else { return nil }
            changed.chains[chain].rules[index].comment = "rule \(index)"
        case .spellPolicy: return nil
        }
        return changed
    }

    /// The draft with a last rule in place of the policy drop of this chain; nil if that is not possible.
    private static func spellingPolicy(of chain: Int, in draft: Draft) -> Draft? {
        // After a return in a base chain, and at the end of a chain that a goto leads to, the policy decides: a last
        // rule would be skipped.
        let skipsLastRule = draft.chains.contains { chain in
            chain.rules.contains { rule in
                if case .goto = rule.verdict { return true }
                return chain.hook != nil && rule.verdict == .return
            }
        }
        guard draft.chains[chain].isDroppedAtEnd, !skipsLastRule else { return nil }
        var changed = draft
        changed.chains[chain].isDroppedAtEnd = false
        changed.chains[chain].rules.append(DraftRule(isCounted: true, verdict: .drop))
        return changed
    }
}

extension Draft {
    /// Removes a chain if no rule leads to it any more.
    fileprivate mutating func removeOrphan(_ name: String) {
        let isUsed = chains.contains { chain in
            chain.rules.contains { $0.verdict == .jump(name) || $0.verdict == .goto(name) }
        }
        if !isUsed { chains.removeAll { $0.name == name } }
    }

    /// A name that no chain has.
    fileprivate var freshName: String {
        for number in 1... where index(of: "part\(number)") == nil { return "part\(number)" }
        return "part"
    }
}

extension DraftCondition {
    /// Whether the condition can be divided into one for each value.
    fileprivate var isDivisible: Bool { values.count > 1 && !isNegated }
}

extension DraftRule {
    /// Whether the rule has the same meaning after it is moved to, or from, a chain that is jumped to.
    fileprivate var isMovable: Bool {
        switch verdict {
        case .return, .goto: false
        default: true
        }
    }

    /// One rule with the meaning of both; nil if there is none.
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
        // With a common value, a packet that returns from the first rule's chain would also meet the second
        // rule.
        guard Set(one.values).isDisjoint(with: two.values) else { return nil }
        var merged = self
        merged.conditions[place].values = (one.values + two.values).sorted()
        return merged
    }
}
