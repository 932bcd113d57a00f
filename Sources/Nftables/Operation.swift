// SPDX-License-Identifier: GPL-2.0-or-later

/// One change of the ruleset; a transaction is a list of them that the kernel applies as a whole or not at all.
///
/// Adding an object that exists with the same properties is no error (no NLM_F_EXCL), except that a rule is
/// added again.
public enum Operation: Hashable, Sendable {
    case addTable(Table)
    case deleteTable(TableName)
    case addChain(Chain)
    /// Removes every rule of the chain.
    case flushChain(ChainName)
    case deleteChain(ChainName)
    case addSet(NamedSet)
    /// Removes every element of the set; no error when there is none.
    case flushSet(SetName)
    case deleteSet(SetName)
    case addElements(SetName, [PortElement])
    case addRule(RuleText, to: ChainName, RulePosition)
    case deleteRule(ChainName, handle: UInt64)
}

/// Where a rule goes in its chain.
public enum RulePosition: Hashable, Sendable {
    case first
    case last
    case before(handle: UInt64)
    case after(handle: UInt64)
}
