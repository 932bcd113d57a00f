// SPDX-License-Identifier: GPL-2.0-or-later

/// One change of the ruleset. The kernel applies a list of them, a transaction, as a whole or not at all.
///
/// Adding an object that exists with the same properties is no error (no NLM_F_EXCL); a rule is added again.
public enum Operation: Hashable, Sendable {
    case addTable(Table)
    case deleteTable(TableName)
    case addChain(Chain)
    /// Removes all rules of the chain.
    case flushChain(ChainName)
    case deleteChain(ChainName)
    case addSet(NamedSet)
    /// Removes all elements of the set; no error if it is empty.
    case flushSet(SetName)
    case deleteSet(SetName)
    case addElements(SetName, [TimedElement])
    case addRule(NewRule, to: ChainName, RulePosition)
    case deleteRule(ChainName, handle: UInt64)
}

extension Operation {
    /// The table that the operation changes.
    public var table: TableName {
        switch self {
        case .addTable(let table): table.name
        case .deleteTable(let name): name
        case .addChain(let chain): chain.name.table
        case .flushChain(let name), .deleteChain(let name), .deleteRule(let name, _): name.table
        case .addSet(let set): set.name.table
        case .flushSet(let name), .deleteSet(let name), .addElements(let name, _): name.table
        case .addRule(_, let chain, _): chain.table
        }
    }
}
