// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Tells our chains in a ruleset from those that others made, whatever their names.
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

    /// Whether we made it: our mark and our shape.
    func isOurs(_ chain: Chain) -> Bool { ours.contains(chain.name) }

    /// Whether the administrator made it for us to fill.
    func isAnchor(_ chain: Chain) -> Bool { anchors.contains(chain.name) }
}

extension Chain {
    /// Whether one of our chains would be called so and be of this kind.
    var hasNameOfOurs: Bool {
        if name.table == .teredowall {
            return name == InnerGuard.entrance || name == InnerGuard.chain
                || Direction.allCases.contains { $0.ownChain == name.name }
        }
        return base == nil && Direction.foreignChains.contains(name.name)
    }
}

extension NamedSet {
    /// Whether it is one of our sets: our mark and our shape.
    var isOurs: Bool {
        Mark.isOn(comment)
            && SetNames(in: name.table).declarations.contains { $0.name == name && $0.isAlike(self) }
    }
}

extension Rule {
    /// Whether we may remove it.
    var isOurs: Bool { isOurJump || isOurException || InnerGuard.contains(self) }

    /// Whether it is a jump to one of our chains, made by us.
    var isOurJump: Bool {
        guard Mark.isOn(mark) else { return false }
        let rest = expressions.filter { $0.xtablesComment == nil && !$0.isCounter }
        guard rest.count == 1, case .verdict(.jump(let target)) = rest[0] else { return false }
        return Direction.foreignChains.contains(target)
    }

    /// Whether it is one of our exceptions, current or stale: it carries our mark, accepts, and decides by
    /// nothing else than what exceptions decide by.
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

    /// The comment as nft shows it, or as iptables does.
    var mark: String? { comment ?? expressions.lazy.compactMap(\.xtablesComment).first }
}

extension Rule {
    /// Whether it sends any packet to this chain of its table.
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
    /// Whether all that leads to the chain are rules of ours, one at least, and all that is in it is ours. Copies of a
    /// ruleset lose the comment of the chain itself (iptables-save, nft's JSON).
    fileprivate func isEnteredByUsAlone(_ chain: Chain) -> Bool {
        guard let contents = rules[chain.name], contents.allSatisfy(\.isOurs) else { return false }
        let ways = rules.filter { $0.key.table == chain.name.table }.values.joined()
            .count { $0.isOurJump && $0.leads(to: chain.name.name) }
        return ways > 0 && Int(chain.use) == contents.count + ways
    }
}
