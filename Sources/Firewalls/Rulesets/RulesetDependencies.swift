// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
internal import Planner

/// The objects of a ruleset on which plans for it depend: a commit that changes none of them leads to the
/// same plan.
///
/// Valid for the ruleset that it was made from, also after the commit of the plan and after further commits
/// that change none of the objects.
public struct RulesetDependencies: Hashable, Sendable {
    /// The generation of the ruleset it was made from.
    public let generation: UInt32
    /// The named sets and maps whose elements matter.
    public let sets: Set<SetName>
    /// The sets to receive element events for: ``sets``, and maps that were not read but whose elements may
    /// lead to chains that were.
    public let setsWithEvents: Set<SetName>
    private let tables: Set<TableName>
    /// Tables in which every chain matters, because planning reads all of them.
    private let tablesToReadWholly: Set<TableName>
    /// The chains whose rules matter, and all base chains of the same tables.
    private let chains: Set<ChainName>
    /// The handles of the chains whose rules matter, to recognise a renamed chain.
    private let handles: Set<Handle>

    private struct Handle: Hashable {
        let table: TableName
        let number: UInt64
    }

    /// - Parameters:
    ///   - ruleset: The ruleset that the plan is for.
    ///   - operations: The operations of the plan.
    public init(_ ruleset: Ruleset, changedBy operations: [Nftables.Operation] = []) {
        generation = ruleset.generation
        var tables = Set(ruleset.rules.keys.map(\.table))
        tables.formUnion(ruleset.elements.keys.map(\.table))
        let relevant = ruleset.chains.filter { tables.contains($0.name.table) }
        let chainsRead = relevant.filter { ruleset.rules[$0.name] != nil }
        self.tables = tables
        tablesToReadWholly = ruleset.tablesToReadWholly
        chains = Set(ruleset.rules.keys).union(relevant.filter { $0.base != nil }.map(\.name))
        handles = Set(chainsRead.map { Handle(table: $0.name.table, number: $0.handle) })
        let setsRead = ruleset.contents.filter { _, contents in
            !contents.isAnonymous && !contents.isOfBlocklist && contents.entries != nil
        }
        let setsAdded = operations.compactMap { if case .addSet(let set) = $0 { set.name } else { nil } }
        sets = Set(setsRead.keys).union(ruleset.elements.keys).union(setsAdded)
        setsWithEvents = sets.union(
            ruleset.sets.filter { $0.isMap && tables.contains($0.name.table) }.map(\.name))
    }

    /// True if one of these changes may lead to another plan.
    public func include(anyOf changes: ChangedObjects) -> Bool {
        changes.areIncomplete || changes.objects.contains(where: includes)
    }

    private func includes(_ object: ChangedObject) -> Bool {
        switch object {
        case .table(let name): name == .teredowall || name.isFirewalld || tables.contains(name)
        case .chain(let name, let handle, let base): includes(Chain(name, handle: handle, base: base))
        case .rule(let chain): Self.isOurs(chain.table, chain.name) || chains.contains(chain)
        case .reference(let chain): Self.isOurs(chain.table, chain.name) || chains.contains(chain)
        case .set(let name): Self.isOurs(name.table, name.name) || sets.contains(name)
        case .element(let set): Self.isOurs(set.table, set.name) || sets.contains(set)
        case .object(let table): tables.contains(table)
        }
    }

    private func includes(_ chain: Chain) -> Bool {
        if Self.isOurs(chain.name.table, chain.name.name) || chain.isNeeded { return true }
        let table = chain.name.table
        guard tables.contains(table) else { return false }
        return chain.base != nil || chains.contains(chain.name) || tablesToReadWholly.contains(table)
            || handles.contains(Handle(table: table, number: chain.handle))
    }

    /// True if an object has a name that an object of ours has or may get.
    static func isOurs(_ table: TableName, _ name: String) -> Bool {
        table == .teredowall || name.hasPrefix(prefix)
    }

    private static let prefix = TableName.teredowall.name
}
