// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The condition of a rule on the address of the remote host, by which rules about the same hosts are recognised.
struct PeerCondition: Hashable {
    /// The expressions from the load of the address to its comparison or look-up. The names of anonymous sets, which
    /// differ for each rule, are left out.
    private let expressions: [Expression]
    /// The elements of the anonymous set that the address is looked up in.
    private let anonymousSet: SetContents?

    /// Nil if the rule has no such condition. The remote host of incoming packets is their source.
    init?(of rule: Rule, _ direction: Direction, _ index: RulesetIndex) {
        let addressOffset: UInt32 = direction == .input ? 12 : 16  // in the IPv4 header
        let load = rule.expressions.firstIndex { expression in
            switch expression {
            case .payload(.network, addressOffset, _): true
            case .instruction(.payload(PayloadBase.network.rawValue, addressOffset, _, _)): true
            default: false
            }
        }
        guard let load else { return nil }
        var expressions: [Expression] = []
        for expression in rule.expressions[load...] {
            switch expression {
            case .lookup(let set, let isInverted), .instruction(.lookup(let set, let isInverted, _)):
                let contents = index.contents(set, in: rule.chain.table)
                let isAnonymous = contents?.isAnonymous ?? false
                expressions.append(.lookup(set: isAnonymous ? "" : set, inverted: isInverted))
                self.expressions = expressions
                anonymousSet = isAnonymous ? contents : nil
                return
            // The condition of condensed rules, which may stand for any host.
            case .compare(.equal, [0, 0, 0, 0]): return nil
            case .compare, .instruction(.compare), .instruction(.range):
                expressions.append(expression)
                self.expressions = expressions
                anonymousSet = nil
                return
            case .payload, .instruction(.payload), .instruction(.mask): expressions.append(expression)
            default: return nil
            }
        }
        return nil
    }
}
