// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import Planner

extension RulesetReader {
    /// Brings an earlier ruleset up to date, given all changes since. Returns nil when everything must be
    /// read instead.
    func read(
        _ changes: Set<ChangedObject>, _ histories: [ChainName: RuleHistory], since earlier: Ruleset,
        at generation: UInt32
    ) throws(NftablesError) -> Ruleset? {
        var ruleset = earlier
        ruleset.generation = generation
        if changes.contains(where: \.isTable) { try readTables(&ruleset) }
        let whole = ruleset.tablesToReadWholly
        if changes.contains(where: \.isNamedSet) {
            ruleset.sets = Self.named(try connection.allSets())
        }
        // When a map is added or deleted, the kernel does not report which chains it leads to.
        let maps = Set((earlier.sets + ruleset.sets).lazy.filter(\.isMap).map(\.name))
        if changes.contains(where: { $0.isSet(among: maps) }) { return nil }
        if changes.contains(where: \.isObject) { ruleset.invertedObjects = try connection.invertedObjects() }
        guard try readChains(changes, histories, whole, &ruleset) else { return nil }
        for case .set(let name) in changes { ruleset.contents[name] = nil }
        for case .element(let name) in changes { ruleset.contents[name] = nil }
        let found = try complete(ruleset)
        // If planning now needs all chains of another table, some of them were never listed: read everything.
        return found.tablesToReadWholly.isSubset(of: whole) ? found : nil
    }

    /// The number of changed chains above which listing all chains is cheaper.
    private static let mostChains = 64

    /// Updates the list of chains and forgets changed rules. Returns false when everything must be read
    /// instead. `whole` are the tables of which all chains are listed.
    private func readChains(
        _ changes: Set<ChangedObject>, _ histories: [ChainName: RuleHistory], _ whole: Set<TableName>,
        _ ruleset: inout Ruleset
    ) throws(NftablesError) -> Bool {
        var names: Set<ChainName> = []
        let listed = Set(ruleset.chains.map(\.name))
        for change in changes {
            switch change {
            case .chain(let name, let handle, let base):
                // When a chain is renamed, the rules that lead to it change their text, but no event names
                // them.
                let isRenamed = ruleset.chains.contains {
                    $0.handle == handle && $0.name.table == name.table && $0.name != name
                }
                if isRenamed { return false }
                let matters = base != nil || whole.contains(name.table) || listed.contains(name)
                if matters || RulesetDependencies.isOurs(name.table, name.name) { names.insert(name) }
            case .rule(let name):
                // When a rule is deleted, the kernel does not report the chains that its anonymous map led to
                // or, if the rule was not read before, the chain that the rule itself led to.
                guard let rules = ruleset.rules[name] else {
                    if listed.contains(name) { return false }
                    continue
                }
                let result = histories[name]?.applied(to: rules, condensedBy: condenser)
                if (result?.removed ?? Array(rules.notable)).contains(where: \.usesVerdictMap) {
                    return false
                }
                if let result {
                    ruleset.forgetAnonymousSets(of: result.removed, in: name.table)
                    ruleset.rules[name] = result.rules
                } else {
                    ruleset.forgetRules(of: name)
                }
                names.insert(name)
            case .reference(let name) where ruleset.rules[name] != nil: names.insert(name)
            default: break
            }
            if names.count > Self.mostChains { return false }
        }
        for name in names { ruleset.replace(name, by: try connection.chain(name)) }
        return true
    }

    private func readTables(_ ruleset: inout Ruleset) throws(NftablesError) {
        let tables = try connection.tables()
        // A table that was deleted and added again has another handle.
        let kept = Set(tables.map { "\($0.name) \($0.handle)" })
        let gone = ruleset.tables.filter { !kept.contains("\($0.name) \($0.handle)") }.map(\.name)
        ruleset = ruleset.without(Set(gone))
        ruleset.tables = tables
    }
}

extension Ruleset {
    /// Forgets the rules of a chain and their anonymous sets, whose names the kernel uses again.
    fileprivate mutating func forgetRules(of chain: ChainName) {
        guard let found = rules.removeValue(forKey: chain) else { return }
        forgetAnonymousSets(of: found.notable, in: chain.table)
    }

    fileprivate mutating func forgetAnonymousSets(of rules: some Sequence<Rule>, in table: TableName) {
        for expression in rules.lazy.flatMap(\.expressions) {
            guard let set = expression.set, set.hasPrefix("__") else { continue }
            contents[SetName(table, set)] = nil
        }
    }

    /// Replaces a chain, or removes it if `found` is nil. Keeps the kernel's order: by table, and within a
    /// table by age, which is the order of the handles.
    mutating func replace(_ name: ChainName, by found: Chain?) {
        let index = chains.firstIndex { $0.name == name }
        if let index, let found, found.handle == chains[index].handle {
            chains[index] = found
            return
        }
        if let index { chains.remove(at: index) }
        forgetRules(of: name)
        guard let found else { return }
        let laterTables = tables.drop { $0.name != name.table }.dropFirst().map(\.name)
        let next = chains.firstIndex { chain in
            let table = chain.name.table
            return table == name.table ? chain.handle > found.handle : laterTables.contains(table)
        }
        chains.insert(found, at: next ?? chains.count)
    }
}

extension Rule {
    fileprivate var usesVerdictMap: Bool { expressions.contains { $0.verdictMap != nil } }
}

extension ChangedObject {
    fileprivate var isTable: Bool { if case .table = self { true } else { false } }
    fileprivate var isObject: Bool { if case .object = self { true } else { false } }

    /// True for one of these sets.
    fileprivate func isSet(among names: Set<SetName>) -> Bool {
        if case .set(let name) = self { names.contains(name) } else { false }
    }

    /// True for a named set, which does not belong to a rule.
    fileprivate var isNamedSet: Bool {
        if case .set(let name) = self { !name.name.hasPrefix("__") } else { false }
    }
}
