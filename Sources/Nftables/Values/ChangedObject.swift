// SPDX-License-Identifier: GPL-2.0-or-later

/// An object of the ruleset that a commit added, changed or removed.
public enum ChangedObject: Hashable, Sendable {
    case table(TableName)
    /// A chain by its new name; its handle shows whether it had another name before. `base` has only the hook
    /// and the type, and is nil for a removed chain or one that is no base chain.
    case chain(ChainName, handle: UInt64, base: BaseChain?)
    /// A rule in this chain.
    case rule(in: ChainName)
    /// A rule or map element that leads to this chain.
    case reference(to: ChainName)
    case set(SetName)
    /// An element of this set or map.
    case element(of: SetName)
    /// A named counter, limit, quota or the like in this table.
    case object(in: TableName)
}
