// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The operations that lead from what is ours in one table to a layout. What is right stays untouched.
struct TableChanges {
    /// To be done before all ``additions``.
    private(set) var removals: [Operation] = []
    private(set) var additions: [Operation] = []
    private(set) var leftAlone: [LeftAlone] = []

    private let ruleset: Ruleset
    private let layout: Layout
    private let elements: [(set: SetName, elements: [PortElement])]
    private let expiry: Expiry
    private let ownership: Ownership
    /// Chains in which a rule of somebody else's would be lost with the chain, or that such a rule jumps to.
    private var kept: Set<ChainName> = []

    private var table: TableName { layout.table }

    /// `elements` is what the two sets shall hold; it does not matter when the layout is empty.
    init(
        from ruleset: Ruleset, to layout: Layout, elements: [(set: SetName, elements: [PortElement])],
        expiry: Expiry
    ) {
        self.ruleset = ruleset
        self.layout = layout
        self.elements = elements
        self.expiry = expiry
        ownership = Ownership(ruleset)
        if layout.isEmpty {
            removeEverything()
        } else {
            removeStrayJumps()
            declare()
            for chain in layout.chains { fill(chain) }
            for jump in layout.jumps { place(jump) }
            removeStrayChains()
            refresh()
        }
    }

    // MARK: What is there

    private var chains: [Chain] { ruleset.chains.filter { $0.name.table == table } }

    /// Our chains: our mark, a name of ours and, as for base chains, in the right kind of table.
    private var ourChains: [Chain] { chains.filter(ownership.isOurs) }

    private var ourSets: [NamedSet] { ruleset.sets.filter { $0.name.table == table && $0.isOurs } }

    private var ourJumps: [Rule] {
        ruleset.rules.filter { $0.key.table == table }.sorted { $0.key.name < $1.key.name }
            .flatMap { $0.value.filter(\.isOurJump) }
    }

    private func rules(of chain: ChainName) -> [Rule] { ruleset.rules[chain] ?? [] }

    private func exists(_ set: SetName) -> Bool { ruleset.sets.contains { $0.name == set } }

    // MARK: Removing

    private mutating func removeEverything() {
        if table == .teredowall, isWhollyOurs {
            removals.append(.deleteTable(table))
            return
        }
        for jump in ourJumps { removals.append(.deleteRule(jump.chain, handle: jump.handle)) }
        removeStrayChains()
        for set in ourSets { remove(set) }
        if table == .teredowall, ruleset.tables.contains(where: { $0.name == table && Mark.isOn($0.comment) })
        {
            let reason = "kept, as it contains what is not ours"
            leftAlone.append(LeftAlone(name: table.description, reason: reason))
        }
    }

    private var isWhollyOurs: Bool {
        guard let found = ruleset.tables.first(where: { $0.name == table }), Mark.isOn(found.comment)
        else { return false }
        return chains.count == ourChains.count
            && chains.allSatisfy { rules(of: $0.name).allSatisfy(\.isOurs) }
            && ruleset.sets.filter { $0.name.table == table }.count == ourSets.count
    }

    /// Removes our rules from one of our chains, and marks it as kept if it cannot go.
    private mutating func empty(_ chain: Chain) {
        let all = rules(of: chain.name)
        if all.allSatisfy(\.isOurs) {
            if !all.isEmpty { removals.append(.flushChain(chain.name)) }
        } else {
            removeExceptions(from: chain.name)
            keep(chain.name, "kept, as it contains rules that are not ours")
        }
        let jumps = ruleset.rules.filter { $0.key.table == table }.flatMap(\.value)
            .filter { $0.isOurs && $0.expressions.last == .verdict(.jump(chain.name.name)) }
        if Int(chain.use) > all.count + jumps.count {
            keep(chain.name, "kept, as rules that are not ours lead to it")
        }
    }

    private mutating func keep(_ chain: ChainName, _ reason: String) {
        if kept.insert(chain).inserted {
            leftAlone.append(LeftAlone(name: chain.description, reason: reason))
        }
    }

    private mutating func removeExceptions(from chain: ChainName) {
        for rule in rules(of: chain) where rule.isOurException {
            removals.append(.deleteRule(chain, handle: rule.handle))
        }
    }

    private mutating func remove(_ set: NamedSet) {
        let isUsed = ruleset.rules.contains { chain, rules in
            chain.table == table
                && rules.contains { !$0.isOurs && $0.looksUp(set.name.name) }
        }
        if isUsed {
            let reason = "kept, as rules that are not ours use it"
            leftAlone.append(LeftAlone(name: set.name.description, reason: reason))
            removals.append(.flushSet(set.name))
        } else {
            removals.append(.deleteSet(set.name))
        }
    }

    /// Our jumps in chains where none belongs any more, or to a chain that is not to be.
    private mutating func removeStrayJumps() {
        for jump in ourJumps {
            let belongs = layout.jumps.contains { wanted in
                wanted.chain == jump.chain && layout.text(of: wanted).matches(jump)
            }
            if !belongs { removals.append(.deleteRule(jump.chain, handle: jump.handle)) }
        }
    }

    /// Our chains that are not to be, and our rules in chains that are not ours, such as anchors.
    private mutating func removeStrayChains() {
        var emptied: [ChainName] = []
        for chain in chains where !layout.chains.contains(where: { $0.chain.name == chain.name }) {
            guard ownership.isOurs(chain) else {
                removeExceptions(from: chain.name)
                continue
            }
            empty(chain)
            emptied.append(chain.name)
        }
        // After all of them are empty, as one may lead to another.
        removals += emptied.filter { !kept.contains($0) }.map { .deleteChain($0) }
    }

    // MARK: Making

    private mutating func declare() {
        if table == .teredowall, !ruleset.tables.contains(where: { $0.name == table }) {
            additions.append(.addTable(Table(table, comment: Mark.table)))
        }
        guard layout.form == .sets else { return }
        for set in SetNames(in: table).declarations where !exists(set.name) {
            additions.append(.addSet(set))
        }
    }

    private mutating func fill(_ wanted: Layout.FilledChain) {
        let name = wanted.chain.name
        guard let found = chains.first(where: { $0.name == name }) else {
            additions.append(.addChain(wanted.chain))
            return add(wanted.rules, to: name)
        }
        if found.base != wanted.chain.base {
            empty(found)
            if !kept.contains(name) {
                removals.append(.deleteChain(name))
                additions.append(.addChain(wanted.chain))
            }
            return add(wanted.rules, to: name)
        }
        let all = rules(of: name)
        let ours = all.filter(\.isOurs)
        if ours.count == wanted.rules.count, zip(wanted.rules, ours).allSatisfy({ isCurrent($1, $0) }) {
            return
        }
        if ours.count == all.count, !wanted.isAnchor {
            if !all.isEmpty { removals.append(.flushChain(name)) }
        } else {
            removeExceptions(from: name)
        }
        add(wanted.rules, to: name)
    }

    /// Whether a rule is the wanted one, and not about to expire.
    private func isCurrent(_ rule: Rule, _ wanted: NewRule) -> Bool {
        guard let until = rule.lastSecond else {
            return wanted.matches(rule)
        }
        return expiry.fits(until) && wanted.expiring(at: until).matches(rule)
    }

    private mutating func add(_ rules: [NewRule], to chain: ChainName) {
        additions += rules.map { .addRule($0, to: chain, .last) }
    }

    /// Keeps the first jump that stands where it belongs, and removes all others.
    private mutating func place(_ jump: Layout.Jump) {
        let all = rules(of: jump.chain)
        let text = layout.text(of: jump)
        var foreign: [Rule] = []
        var isPlaced = false
        for rule in all {
            guard rule.isOurs else {
                foreign.append(rule)
                continue
            }
            guard text.matches(rule) else { continue }
            if foreign.count == jump.index, !isPlaced {
                isPlaced = true
            } else {
                removals.append(.deleteRule(jump.chain, handle: rule.handle))
            }
        }
        if isPlaced { return }
        let position: RulePosition
        if jump.index < foreign.count {
            position = .before(handle: foreign[jump.index].handle)
        } else {
            position = .last
        }
        additions.append(.addRule(text, to: jump.chain, position))
    }

    /// Gives the sets their contents, unless they hold exactly that and for long enough.
    private mutating func refresh() {
        guard layout.form == .sets else { return }
        for (set, wanted) in elements {
            let isNew = !exists(set)
            if !isNew, let found = ruleset.elements[set], found.fulfil(wanted) { continue }
            if !isNew { additions.append(.flushSet(set)) }
            if !wanted.isEmpty { additions.append(.addElements(set, wanted)) }
        }
    }
}

extension Rule {
    fileprivate func looksUp(_ set: String) -> Bool {
        expressions.contains { expression in
            if case .lookup(set, _) = expression { true } else { false }
        }
    }
}
