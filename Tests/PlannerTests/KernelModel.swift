// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables

/// Applies operations as the kernel does, as far as the planner relies on it. An operation that the kernel
/// would refuse fails a precondition.
extension Ruleset {
    mutating func apply(_ operations: [Operation]) {
        for operation in operations { apply(operation) }
        generation += 1
    }

    /// The handle for the next rule.
    var nextHandle: UInt64 { (rules.values.joined().map(\.handle).max() ?? 0) + 1 }

    mutating func apply(_ operation: Operation) {
        switch operation {
        case .addTable(let table):
            if !tables.contains(where: { $0.name == table.name }) { tables.append(table) }
        case .deleteTable(let name): delete(name)
        case .addChain(let chain):
            precondition(!chains.contains { $0.name == chain.name }, "chain \(chain.name) exists")
            precondition(tables.contains { $0.name == chain.name.table }, "no table for \(chain.name)")
            chains.append(chain)
            rules[chain.name] = []
        case .flushChain(let name):
            for rule in rules[name] ?? [] { remove(rule) }
        case .deleteChain(let name):
            let index = index(of: name)
            precondition(chains[index].use == 0, "chain \(name) is in use")
            chains.remove(at: index)
            rules[name] = nil
        case .addSet(let set):
            precondition(!sets.contains { $0.name == set.name }, "set \(set.name) exists")
            sets.append(set)
            elements[set.name] = []
        case .flushSet(let name):
            precondition(sets.contains { $0.name == name }, "no set \(name)")
            elements[name] = []
        case .deleteSet(let name): delete(name)
        case .addElements(let name, let added):
            precondition(elements[name] != nil, "no set \(name)")
            elements[name]? += added.map { element in
                var listed = element
                listed.remaining = element.timeout
                return listed
            }
        case .addRule(let newRule, let chain, let position):
            let rule = Rule(
                chain: chain, handle: nextHandle, expressions: newRule.expressions(in: chain.table.family),
                comment: newRule.comment)
            insert(rule, at: index(of: position, in: chain))
        case .deleteRule(let chain, let handle):
            guard let rule = rules[chain]?.first(where: { $0.handle == handle }) else {
                preconditionFailure("no rule \(handle) in \(chain)")
            }
            remove(rule)
        }
    }

    mutating func insert(_ rule: Rule, at index: Int) {
        rules[rule.chain, default: []].insert(rule, at: index)
        count(rule, +1)
    }

    private mutating func remove(_ rule: Rule) {
        rules[rule.chain]?.removeAll { $0.handle == rule.handle }
        count(rule, -1)
    }

    private mutating func delete(_ name: TableName) {
        precondition(tables.contains { $0.name == name }, "no table \(name)")
        tables.removeAll { $0.name == name }
        chains.removeAll { $0.name.table == name }
        sets.removeAll { $0.name.table == name }
        rules = rules.filter { $0.key.table != name }
        elements = elements.filter { $0.key.table != name }
    }

    private mutating func delete(_ name: SetName) {
        let isUsed = rules.contains { chain, rules in
            chain.table == name.table
                && rules.contains { $0.expressions.contains(.lookup(set: name.name, inverted: false)) }
        }
        precondition(!isUsed, "set \(name) is in use")
        precondition(sets.contains { $0.name == name }, "no set \(name)")
        sets.removeAll { $0.name == name }
        elements[name] = nil
    }

    /// Adds `step` to the use counts: a rule counts for its own chain and for each chain to which it leads.
    private mutating func count(_ rule: Rule, _ step: Int) {
        var names = [rule.chain.name]
        for expression in rule.expressions {
            var verdicts: [Verdict] = []
            if case .verdict(let verdict) = expression { verdicts = [verdict] }
            if case .verdictMap(let map) = expression {
                verdicts = contents[SetName(rule.chain.table, map)]?.entries?.compactMap(\.verdict) ?? []
            }
            for case .jump(let target) in verdicts { names.append(target) }
            for case .goto(let target) in verdicts { names.append(target) }
        }
        for name in names {
            let index = index(of: ChainName(rule.chain.table, name))
            chains[index].use = UInt32(Int(chains[index].use) + step)
        }
    }

    private func index(of chain: ChainName) -> Int {
        guard let index = chains.firstIndex(where: { $0.name == chain }) else {
            preconditionFailure("no chain \(chain)")
        }
        return index
    }

    private func index(of position: RulePosition, in chain: ChainName) -> Int {
        let all = rules[chain] ?? []
        func index(_ handle: UInt64) -> Int {
            guard let index = all.firstIndex(where: { $0.handle == handle }) else {
                preconditionFailure("no rule \(handle) in \(chain)")
            }
            return index
        }
        return switch position {
        case .first: 0
        case .last: all.count
        case .before(let handle): index(handle)
        case .after(let handle): index(handle) + 1
        }
    }
}

extension Ruleset {
    /// The ruleset without generation, handles and the order of objects, for comparisons.
    var essence: Essence {
        Essence(
            tables: Set(tables), chains: Set(chains), sets: Set(sets),
            rules: rules.mapValues {
                $0.map { RuleEssence(expressions: $0.expressions, comment: $0.comment) }
            },
            elements: elements)
    }

    struct Essence: Hashable {
        var tables: Set<Table>
        var chains: Set<Chain>
        var sets: Set<NamedSet>
        var rules: [ChainName: [RuleEssence]]
        var elements: [SetName: [TimedElement]]
    }

    struct RuleEssence: Hashable {
        var expressions: [Expression]
        var comment: String?
    }
}
