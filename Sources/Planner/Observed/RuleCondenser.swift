// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// Makes rules that lead to the same plans in a tenth of the memory, for chains of thousands of rules.
public struct RuleCondenser {
    /// The expressions of each form so far, shared by all rules of the form. Forms differ in few properties: in most
    /// rulesets there are less than a hundred.
    private var known: [CondensedForm: [Expression]] = [:]

    public init() {}

    /// The condensed rule. The rule itself if it concerns our objects or ports, or leads to another chain.
    public mutating func condense(_ rule: Rule) -> Rule {
        guard let form = rule.condensedForm, let plain = known[form] ?? form.expressions else { return rule }
        known[form] = plain
        var copy = rule
        copy.expressions = rule.usesXtables ? plain + CondensedForm.xtables : plain
        copy.comment = nil
        return copy
    }
}

extension Rule {
    /// The rule as a ``RuleCondenser`` makes it.
    public var condensed: Rule {
        var condenser = RuleCondenser()
        return condenser.condense(self)
    }
}
