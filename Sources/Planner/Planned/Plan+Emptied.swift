// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Plan {
    /// The tables in which this plan would make a chain without foreign rules jump to a chain of ours, or
    /// delete a chain of ours that nothing leads to.
    ///
    /// The program that emptied the chain may be about to delete all chains that it has listed, ours among them. It
    /// fails if a rule leads to our chain, and also if our chain no longer exists. `ruleset` is the ruleset for which
    /// the plan was made.
    public func tablesWithEmptiedChains(on ruleset: Ruleset) -> Set<TableName> {
        Set(
            operations.compactMap { operation in
                switch operation {
                case .addRule(let rule, let chain, _)
                where chain.table != .teredowall && rule.leadsToOurs && ruleset.hasNoForeignRules(in: chain):
                    chain.table
                case .deleteChain(let chain)
                where chain.table != .teredowall && ruleset.nothingLeads(to: chain): chain.table
                default: nil
                }
            })
    }

    /// The plan without its parts for these tables.
    public func without(_ tables: Set<TableName>) -> Plan {
        var copy = self
        copy.operations.removeAll { tables.contains($0.table) }
        copy.attachments.removeAll { tables.contains($0.table) }
        copy.incomplete.subtract(tables)
        copy.displaced.subtract(tables)
        for table in tables.sorted(by: { $0.description < $1.description }) {
            copy.fates.withhold(
                [table],
                because: "the chains of \(table) have just been emptied: the exceptions follow in a moment")
        }
        return copy
    }
}

extension Ruleset {
    /// True if the chain was read and contains no foreign rules.
    public func hasNoForeignRules(in chain: ChainName) -> Bool {
        rules[chain]?.areOurs ?? false
    }

    /// True if the chain was read and no rule or map element leads to it.
    fileprivate func nothingLeads(to chain: ChainName) -> Bool {
        guard let own = rules[chain], let found = chains.first(where: { $0.name == chain })
        else { return false }
        // The kernel counts the chain's own rules as uses too.
        return Int(found.use) <= own.count
    }

    /// True if a chain of this table has foreign rules in this ruleset, but has none or is missing in `later`.
    public func hasBeenEmptied(_ table: TableName, in later: Ruleset) -> Bool {
        rules.contains { chain, found in
            chain.table == table && !found.areOurs
                && (later.rules[chain]?.areOurs ?? true)
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
