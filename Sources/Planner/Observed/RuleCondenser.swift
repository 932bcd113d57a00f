// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import TeredoProtocol

/// Makes rules that lead to the same plans in a tenth of the memory, for chains of thousands of rules.
public struct RuleCondenser {
    /// The expressions of each form so far, shared by all rules of the form. Forms differ in few properties: in most
    /// rulesets there are less than a hundred.
    private var known: [CondensedForm: [Expression]] = [:]
    private let ownAddresses: Set<[UInt8]>
    private let networks: [IPv4Network]

    /// Rules about addresses of this host, or the networks that it is attached to, are kept as they are.
    public init(ownAddresses: [IPv4Address] = [], networks: [IPv4Network] = []) {
        self.ownAddresses = Set(ownAddresses.map(\.bytes))
        self.networks = networks
    }

    /// The condensed rule. The rule itself if it concerns this host, our objects or ports, or leads to another chain.
    public mutating func condense(_ rule: Rule) -> Rule {
        if !ownAddresses.isEmpty, rule.expressions.contains(where: comparesOwnAddress) { return rule }
        guard let form = rule.condensedForm(besides: networks), let plain = known[form] ?? form.expressions
        else { return rule }
        known[form] = plain
        var copy = rule
        copy.expressions = rule.usesXtables ? plain + CondensedForm.xtables : plain
        copy.comment = nil
        return copy
    }

    private func comparesOwnAddress(_ expression: Expression) -> Bool {
        switch expression {
        case .compare(_, let bytes), .instruction(.compare(_, _, let bytes)): ownAddresses.contains(bytes)
        default: false
        }
    }
}

extension Rule {
    /// The rule as a ``RuleCondenser`` without addresses makes it.
    public var condensed: Rule {
        var condenser = RuleCondenser()
        return condenser.condense(self)
    }
}
