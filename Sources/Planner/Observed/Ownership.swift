// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Distinguishes our chains in a ruleset from chains of others, which may have the same names.
struct Ownership {
    private let ours: Set<ChainName>
    private let anchors: Set<ChainName>

    init(_ ruleset: Ruleset) {
        var ours: Set<ChainName> = []
        var anchors: Set<ChainName> = []
        for chain in ruleset.chains where chain.hasNameOfOurs {
            if Mark.isOn(chain.comment) || ruleset.isEnteredByUsAlone(chain) {
                ours.insert(chain.name)
            } else if chain.name.table != .teredowall {
                anchors.insert(chain.name)
            }
        }
        self.ours = ours
        self.anchors = anchors
    }

    /// True for a chain that we made: it has our mark, or only rules of ours in it and leading to it.
    func isOurs(_ chain: Chain) -> Bool { ours.contains(chain.name) }

    /// True for a chain that the administrator made for our rules.
    func isAnchor(_ chain: Chain) -> Bool { anchors.contains(chain.name) }
}

extension Chain {
    /// True when the name and kind are those of a chain of ours, by whomever it was made.
    var hasNameOfOurs: Bool {
        if name.table == .teredowall {
            return name == InnerGuard.entrance || name == InnerGuard.chain
                || Direction.allCases.contains { $0.ownChain == name.name }
        }
        return base == nil && Direction.foreignChains.contains(name.name)
    }
}

extension NamedSet {
    /// True for a set of ours: it has our mark and our declaration.
    var isOurs: Bool {
        Mark.isOn(comment)
            && SetNames(in: name.table).declarations.contains { $0.name == name && $0.isAlike(self) }
    }
}

extension Rule {
    /// True when we may remove the rule.
    var isOurs: Bool { isOurJump || isOurException || InnerGuard.contains(self) }

    /// True for a jump to one of our chains that has our mark.
    var isOurJump: Bool {
        guard Mark.isOn(mark) else { return false }
        let rest = expressions.filter { $0.xtablesComment == nil && !$0.isCounter }
        guard rest.count == 1, case .verdict(.jump(let target)) = rest[0] else { return false }
        return Direction.foreignChains.contains(target)
    }

    /// True for one of our exceptions, current or stale: it has our mark, accepts, and its conditions are
    /// only of the kinds that our exceptions use.
    var isOurException: Bool {
        guard Mark.isOn(mark), case .verdict(.accept)? = expressions.last else { return false }
        let sets = SetNames(in: chain.table)
        return expressions.dropLast().allSatisfy { expression in
            switch expression {
            case .meta, .payload, .instruction(.payload), .compare, .counter: true
            case .lookup(let set, inverted: false): sets.contains(set)
            case .match(let name, _, _): ["udp", "owner", "time", "comment"].contains(name)
            default: false
            }
        }
    }

    /// The comment of the rule, stored in nft's form or in iptables'.
    var mark: String? { comment ?? expressions.lazy.compactMap(\.xtablesComment).first }
}

extension Rule {
    /// Tells whether the rule sends packets to this chain of its table.
    func leads(to chain: String) -> Bool {
        expressions.contains(.verdict(.jump(chain))) || expressions.contains(.verdict(.goto(chain)))
    }
}

extension Expression {
    fileprivate var isCounter: Bool {
        if case .counter = self { true } else { false }
    }
}

extension Ruleset {
    /// Tells whether all rules in the chain, and all that lead to it (at least one), are ours. Copies of a
    /// ruleset (iptables-save, nft's JSON) lose the comment of the chain itself.
    fileprivate func isEnteredByUsAlone(_ chain: Chain) -> Bool {
        guard let contents = rules[chain.name], contents.allSatisfy(\.isOurs) else { return false }
        let ways = rules.filter { $0.key.table == chain.name.table }.values.joined()
            .count { $0.isOurJump && $0.leads(to: chain.name.name) }
        return ways > 0 && Int(chain.use) == contents.count + ways
    }
}
