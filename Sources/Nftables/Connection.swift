// SPDX-License-Identifier: GPL-2.0-or-later

/// A command socket to nf_tables, kept open: closing one after a commit costs milliseconds.
///
/// It belongs to the network namespace of the thread that made it, for good. Not for concurrent use.
public final class Connection {
    public init() throws(NftablesError) { throw .malformed("not written yet") }

    /// The netlink port of this connection: the kernel names it as the author of its commits.
    public var portID: UInt32 { 0 }

    /// The number of the ruleset's present state; every commit by anybody raises it.
    public func generation() throws(NftablesError) -> UInt32 { throw .malformed("not written yet") }

    public func tables() throws(NftablesError) -> [Table] { throw .malformed("not written yet") }

    /// The chains of all families.
    public func chains() throws(NftablesError) -> [Chain] { throw .malformed("not written yet") }

    /// The named sets of all families; anonymous ones belong to their rule and are left out.
    public func sets() throws(NftablesError) -> [NamedSet] { throw .malformed("not written yet") }

    /// The rules of one chain, in order. The kernel reads no other chain for it.
    public func rules(of chain: ChainName) throws(NftablesError) -> [Rule] {
        throw .malformed("not written yet")
    }

    /// The elements of a set of ports that have not expired.
    public func elements(of set: SetName) throws(NftablesError) -> [PortElement] {
        throw .malformed("not written yet")
    }

    /// Applies all the operations in one transaction, or none of them.
    ///
    /// With `ifGeneration` only if the ruleset is still the one of that generation (``NftablesError/stale``).
    public func commit(
        _ operations: [Operation], ifGeneration: UInt32? = nil
    ) throws(NftablesError) { throw .malformed("not written yet") }
}
