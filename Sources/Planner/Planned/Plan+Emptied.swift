// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Plan {
    /// The tables in which this plan would lead a chain without any rule of others to a chain of ours.
    ///
    /// Whoever emptied it may be about to delete one chain after the other, and cannot delete ours while a rule leads
    /// to it. `ruleset` is what was planned on.
    public func tablesEnteredFromEmptyChains(on ruleset: Ruleset) -> Set<TableName> {
        Set(
            operations.compactMap { operation in
                guard case .addRule(let rule, let chain, _) = operation, chain.table != .teredowall,
                    rule.leadsToOurs, ruleset.hasNoForeignRules(in: chain)
                else { return nil }
                return chain.table
            })
    }

    /// The plan without what concerns these tables.
    public func without(_ tables: Set<TableName>) -> Plan {
        var copy = self
        copy.operations.removeAll { tables.contains($0.table) }
        copy.places.removeAll { tables.contains($0.table) }
        copy.incomplete.subtract(tables)
        copy.displaced.subtract(tables)
        copy.fates.withhold(
            tables, because: "its chains have just been emptied: the exceptions follow at once")
        return copy
    }
}

extension Ruleset {
    /// Whether the chain was read, and holds nothing but what may be ours.
    public func hasNoForeignRules(in chain: ChainName) -> Bool {
        rules[chain]?.allSatisfy(\.isOurs) ?? false
    }

    /// Whether a chain of this table holds rules of others that are gone in `later`, where the chain is empty or new.
    public func hasBeenEmptied(_ table: TableName, in later: Ruleset) -> Bool {
        rules.contains { chain, found in
            chain.table == table && !found.allSatisfy(\.isOurs) && later.hasNoForeignRules(in: chain)
        }
    }
}

extension NewRule {
    fileprivate var leadsToOurs: Bool {
        statements.contains {
            if case .jump(let target) = $0 { Direction.foreignChains.contains(target) } else { false }
        }
    }
}
