// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// Distinguishes our chains and sets in a ruleset from those of others, which may have the same names.
struct Ownership {
    private let chains: Set<ChainName>
    private let sets: Set<SetName>
    private let anchors: Set<ChainName>

    init(_ ruleset: Ruleset) {
        var chains: Set<ChainName> = []
        var anchors: Set<ChainName> = []
        for chain in ruleset.chains where chain.hasNameOfOurs {
            if Mark.isMark(chain.comment) || ruleset.isReachedByOurRulesOnly(chain) {
                chains.insert(chain.name)
            } else if chain.name.table != .teredowall {
                anchors.insert(chain.name)
            }
        }
        self.chains = chains
        self.anchors = anchors
        sets = Set(ruleset.setsOfOurs)
    }

    /// True for a chain that we made: it has our mark, or only rules of ours in it and leading to it.
    func isOurs(_ chain: Chain) -> Bool { chains.contains(chain.name) }

    /// True for a set that we made: it has our declaration, and our mark or only rules of ours that use it.
    func isOurs(_ set: NamedSet) -> Bool { sets.contains(set.name) }

    /// Our chains and sets in a table that have lost our mark.
    func unmarked(in table: TableName, of ruleset: Ruleset) -> (Set<ChainName>, Set<SetName>) {
        let chains = ruleset.chains.filter {
            $0.name.table == table && isOurs($0) && !Mark.isMark($0.comment)
        }
        let sets = ruleset.sets.filter { $0.name.table == table && isOurs($0) && !Mark.isMark($0.comment) }
        return (Set(chains.map(\.name)), Set(sets.map(\.name)))
    }

    /// True for a chain that the administrator made for our rules.
    func isAnchor(_ chain: Chain) -> Bool { anchors.contains(chain.name) }
}

extension Chain {
    /// True when the name and kind are those of a chain of ours, even if another program made it.
    var hasNameOfOurs: Bool {
        if name.table == .teredowall {
            return name == InnerGuard.entrance || name == InnerGuard.chain
                || Direction.allCases.contains { $0.ownChain == name.name }
        }
        return base == nil && Direction.foreignChains.contains(name.name)
    }
}

extension NamedSet {
    /// True for a set with the name, type and flags of one of our sets.
    var hasShapeOfOurs: Bool {
        SetNames(in: name.table).declarations.contains { $0.name == name && $0.hasSameType(as: self) }
    }
}

extension Rule {
    /// True when we may remove the rule.
    var isOurs: Bool { isOurJump || isOurException || InnerGuard.contains(self) }

    /// True for a jump to one of our chains that has our mark.
    var isOurJump: Bool {
        guard Mark.isMark(anyComment) else { return false }
        let rest = expressions.filter { $0.xtablesComment == nil && !$0.isCounter }
        guard case .verdict(.jump(let target))? = rest.last, Direction.foreignChains.contains(target)
        else { return false }
        // At most a condition on an interface.
        guard rest.count > 1 else { return true }
        guard rest.count == 3, case .meta(let key) = rest[0], case .compare(.equal, _) = rest[1]
        else { return false }
        return [.interfaceNameIn, .interfaceNameOut, .interfaceIndexIn, .interfaceIndexOut].contains(key)
    }

    /// True for one of our exceptions, current or stale: it has our mark, accepts, and its conditions are
    /// only of the kinds that our exceptions use.
    var isOurException: Bool {
        guard Mark.isMark(anyComment), case .verdict(.accept)? = expressions.last else { return false }
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

}

extension RuleList {
    /// The positions of our rules.
    var positionsOfOurs: [Int] { notablePositions.filter { self[$0].isOurs } }

    /// True when all rules are ours; also when there are none.
    var areOurs: Bool { count == positionsOfOurs.count }

    /// The rules that are not ours.
    var foreign: RuleList { removing(positionsOfOurs) }

    /// The position in this list of the rule with position `number` in ``foreign``.
    func position(ofForeign number: Int) -> Int {
        // Each rule of ours before the foreign rule moves it on by one.
        positionsOfOurs.reduce(number) { $1 <= $0 ? $0 + 1 : $0 }
    }
}

extension Rule {
    /// True if the rule sends packets to this chain of its table.
    func leads(to chain: String) -> Bool {
        expressions.contains(.verdict(.jump(chain))) || expressions.contains(.verdict(.goto(chain)))
    }
}

extension Expression {
    fileprivate var isCounter: Bool {
        if case .counter = self { true } else { false }
    }
}

extension Rule {
    /// True if the rule looks something up in this set of its table, or changes the set.
    func uses(_ set: String) -> Bool {
        expressions.contains { $0.set == set }
    }
}

/// Copies of a ruleset lose comments (with iptables-save those of chains; with nft's JSON those of sets, and before nft 1.1
/// those of chains and tables too), but never those of rules. The rules then prove which objects are ours.
extension Ruleset {
    /// The notable rules of a table. They include all rules of ours, all that lead to a chain, and all that use a set.
    private func notableRules(of table: TableName) -> [Rule] {
        rules.filter { $0.key.table == table }.values.flatMap(\.notable)
    }

    /// True if all rules in the chain, and all that lead to it (at least one), are ours. For a chain of our own table, a
    /// rule in it is enough proof.
    fileprivate func isReachedByOurRulesOnly(_ chain: Chain) -> Bool {
        guard let contents = rules[chain.name], contents.areOurs else { return false }
        let jumps = notableRules(of: chain.name.table).count { $0.isOurs && $0.leads(to: chain.name.name) }
        let isProven = jumps > 0 || chain.name.table == .teredowall && !contents.isEmpty
        return isProven && Int(chain.use) == contents.count + jumps
    }

    /// Our sets: they have the declaration of a set of ours, and have our mark or are used by rules of ours only (at least
    /// one). Planning needs their elements.
    public var setsOfOurs: [SetName] {
        sets.filter { set in
            guard set.hasShapeOfOurs else { return false }
            if Mark.isMark(set.comment) { return true }
            let users = notableRules(of: set.name.table).filter { $0.uses(set.name.name) }
            return !users.isEmpty && users.allSatisfy(\.isOurs)
        }.map(\.name)
    }

    /// True if the table of our name is ours: it has our mark, or it holds only objects of ours, with at least one rule.
    var hasTableOfOurs: Bool {
        guard let table = tables.first(where: { $0.name == .teredowall }) else { return false }
        return Mark.isMark(table.comment)
            || isWhollyOurs(.teredowall) && notableRules(of: .teredowall).contains(where: \.isOurs)
    }

    /// True if the table holds only objects of ours.
    func isWhollyOurs(_ table: TableName) -> Bool {
        let ownership = Ownership(self)
        return chains.allSatisfy { chain in
            chain.name.table != table
                || ownership.isOurs(chain) && (rules[chain.name] ?? []).areOurs
        } && sets.allSatisfy { $0.name.table != table || ownership.isOurs($0) }
    }
}
