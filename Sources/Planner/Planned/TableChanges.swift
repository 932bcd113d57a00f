// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The operations that turn our objects in one table into a layout. Objects that are already as in the layout are not
/// touched.
struct TableChanges {
    /// The operations that come before all ``additions``.
    private(set) var removals: [Operation] = []
    private(set) var additions: [Operation] = []
    private(set) var leftAlone: [LeftAlone] = []
    /// True when a chain, set or rule of the layout is missing.
    private(set) var isIncomplete = false
    /// True when a rule of ours is as in the layout, but in the wrong place.
    private(set) var isDisplaced = false

    /// The operations that add our rules to foreign chains.
    private var entries: [Operation] = []

    private let ruleset: Ruleset
    private let layout: Layout
    private let elements: [(set: SetName, elements: [TimedElement])]
    private let expiry: Expiry
    private let ownership: Ownership
    /// Our chains that must stay: they contain foreign rules, or foreign rules lead to them.
    private var kept: Set<ChainName> = []
    /// Our chains and sets that have lost their comments in a copy of the ruleset. They are made again while the rules
    /// that use them still prove that they are ours.
    private let unmarkedChains: Set<ChainName>
    private let unmarkedSets: Set<SetName>

    private var table: TableName { layout.table }

    /// `elements` are the wanted contents of our sets; ignored when the layout is empty.
    init(
        from ruleset: Ruleset, to layout: Layout, elements: [(set: SetName, elements: [TimedElement])],
        expiry: Expiry
    ) {
        self.layout = layout
        self.elements = elements
        self.expiry = expiry
        // A table of ours that has lost the mark is deleted; `declare` makes it again.
        let isUnmarked = layout.table == .teredowall && ruleset.hasTableOfOurs && !ruleset.hasMarkedTable
        if isUnmarked { removals.append(.deleteTable(layout.table)) }
        self.ruleset = isUnmarked ? ruleset.without([layout.table]) : ruleset
        ownership = Ownership(self.ruleset)
        (unmarkedChains, unmarkedSets) = ownership.unmarked(in: layout.table, of: self.ruleset)
        if layout.isEmpty {
            removeEverything()
        } else {
            updateForeignChains()
            declare()
            for chain in layout.chains { fill(chain) }
            // The jumps to our chains come after the chains themselves.
            additions += entries
            removeStrayChains()
            // Delete sets after the rules that use them.
            removals += ourSets.map(\.name).filter { unmarkedSets.contains($0) || !isWanted($0) }
                .map { .deleteSet($0) }
            refresh()
        }
    }

    // MARK: Present objects

    private var chains: [Chain] { ruleset.chains.filter { $0.name.table == table } }

    /// Our chains in the table.
    private var ourChains: [Chain] { chains.filter(ownership.isOurs) }

    private var ourSets: [NamedSet] {
        ruleset.sets.filter { $0.name.table == table && ownership.isOurs($0) }
    }

    private func isWanted(_ set: SetName) -> Bool {
        layout.form == .sets && elements.contains { $0.set == set }
    }

    /// The number of our rules that lead to a chain.
    private func jumps(to chain: ChainName) -> Int {
        ruleset.rules.filter { $0.key.table == table }.values.lazy.flatMap(\.notable).count {
            $0.isOurs && $0.leads(to: chain.name)
        }
    }

    private func rules(of chain: ChainName) -> RuleList { ruleset.rules[chain] ?? [] }

    private func exists(_ set: SetName) -> Bool {
        !unmarkedSets.contains(set) && ruleset.sets.contains { $0.name == set }
    }

    // MARK: Removals

    private mutating func removeEverything() {
        if table == .teredowall, ruleset.hasMarkedTable, ruleset.isWhollyOurs(table) {
            removals.append(.deleteTable(table))
            return
        }
        updateForeignChains()
        removeStrayChains()
        for set in ourSets { remove(set) }
        if table == .teredowall, ruleset.hasMarkedTable {
            let reason = "kept, as it contains objects that are not teredowalld's"
            leftAlone.append(LeftAlone(name: table.description, reason: reason))
        }
    }

    /// Removes our rules from one of our chains, and records the chain in ``kept`` if it cannot be deleted.
    private mutating func empty(_ chain: Chain) {
        let all = rules(of: chain.name)
        if all.areOurs {
            if !all.isEmpty { removals.append(.flushChain(chain.name)) }
        } else {
            removeExceptions(from: chain.name)
            keep(chain.name, "kept, as it contains rules that are not teredowalld's")
        }
        if Int(chain.use) > all.count + jumps(to: chain.name) {
            keep(chain.name, "kept, as rules that are not teredowalld's lead to it")
        }
    }

    /// Reports a chain of ours that stays.
    private mutating func keep(_ chain: ChainName, _ reason: String) {
        if kept.insert(chain).inserted {
            leftAlone.append(LeftAlone(name: chain.description, reason: reason))
        }
    }

    private mutating func removeExceptions(from chain: ChainName) {
        for rule in rules(of: chain).notable where rule.isOurException {
            removals.append(.deleteRule(chain, handle: rule.handle))
        }
    }

    /// Removes a set of ours, or only its elements if foreign rules use the set.
    private mutating func remove(_ set: NamedSet) {
        let isUsed = ruleset.rules.contains { chain, rules in
            chain.table == table
                && rules.notable.contains { !$0.isOurs && $0.uses(set.name.name) }
        }
        if isUsed {
            let reason = "kept, as rules that are not teredowalld's use it"
            leftAlone.append(LeftAlone(name: set.name.description, reason: reason))
            removals.append(.flushSet(set.name))
        } else {
            removals.append(.deleteSet(set.name))
        }
    }

    /// Removes our chains that the layout does not have.
    private mutating func removeStrayChains() {
        var emptied: [ChainName] = []
        for chain in ourChains where !layout.chains.contains(where: { $0.chain.name == chain.name }) {
            empty(chain)
            emptied.append(chain.name)
        }
        // Delete the chains only when all of them are empty, since a rule in one may lead to another.
        removals += emptied.filter { !kept.contains($0) }.map { .deleteChain($0) }
    }

    // MARK: Additions

    /// Adds the table and the sets that are missing.
    private mutating func declare() {
        if table == .teredowall, !ruleset.tables.contains(where: { $0.name == table }) {
            additions.append(.addTable(Table(table, comment: Mark.table)))
            isIncomplete = true
        }
        guard layout.form == .sets else { return }
        for set in SetNames(in: table).declarations where isWanted(set.name) && !exists(set.name) {
            additions.append(.addSet(set))
            isIncomplete = isIncomplete || !unmarkedSets.contains(set.name)
        }
    }

    /// Makes a chain of ours or an anchor contain the rules of the layout.
    private mutating func fill(_ wanted: Layout.FilledChain) {
        let name = wanted.chain.name
        guard let found = chains.first(where: { $0.name == name }) else {
            additions.append(.addChain(wanted.chain))
            isIncomplete = true
            return add(wanted.rules, to: name)
        }
        if found.base != wanted.chain.base || unmarkedChains.contains(name) {
            empty(found)
            if !kept.contains(name) {
                removals.append(.deleteChain(name))
                additions.append(.addChain(wanted.chain))
            }
            return add(wanted.rules, to: name)
        }
        let all = rules(of: name)
        let ours = all.notable.filter(\.isOurs)
        if unmarkedSets.isEmpty, ours.count == wanted.rules.count,
            zip(wanted.rules, ours).allSatisfy({ isCurrent($1, $0) })
        {
            return
        }
        recordMissing(wanted.rules, in: ours)
        if ours.count == all.count, !wanted.isAnchor {
            if !all.isEmpty { removals.append(.flushChain(name)) }
        } else {
            removeExceptions(from: name)
        }
        add(wanted.rules, to: name)
    }

    /// Sets ``isIncomplete`` if one of the `wanted` rules is missing in `ours`. Their leases may differ.
    private mutating func recordMissing(_ wanted: [NewRule], in ours: [Rule]) {
        let isMissing = wanted.contains { rule in
            !ours.contains { found in
                (found.leaseSpan.map { rule.matching(during: $0) } ?? rule).matches(found)
            }
        }
        if isMissing { isIncomplete = true }
    }

    /// True if a rule is the wanted one and does not expire soon.
    private func isCurrent(_ rule: Rule, _ wanted: NewRule) -> Bool {
        // A chain without our mark is deleted and made again, so the jump to it must be made again too.
        if unmarkedChains.contains(where: { rule.leads(to: $0.name) }) { return false }
        guard let span = rule.leaseSpan else { return wanted.matches(rule) }
        return expiry.fits(span) && wanted.matching(during: span).matches(rule)
    }

    private mutating func add(_ rules: [NewRule], to chain: ChainName) {
        additions += rules.map { .addRule($0, to: chain, .last) }
    }

    /// Makes all foreign chains, except anchors, contain our rules as in the layout.
    private mutating func updateForeignChains() {
        for chain in chains where !ownership.isOurs(chain) {
            if layout.chains.contains(where: { $0.chain.name == chain.name }) { continue }
            update(chain.name)
        }
    }

    /// Keeps those of our rules in a foreign chain that are as in the layout and in a permitted place, removes our
    /// other rules, and adds the missing ones.
    private mutating func update(_ chain: ChainName) {
        let all = rules(of: chain)
        let foreign = all.foreign
        // Our rules, each with the number of foreign rules before it.
        var ours = all.positionsOfOurs.enumerated().map { (rule: all[$1], index: $1 - $0) }
        for insertion in layout.insertions where insertion.place.chain == chain {
            let place = insertion.place
            recordMissing(insertion.rules, in: all.notable.filter(\.isOurs))
            for rule in insertion.rules {
                let kept = ours.firstIndex { found in
                    (place.earliest...place.index).contains(found.index) && isCurrent(found.rule, rule)
                }
                if let kept {
                    ours.remove(at: kept)
                    continue
                }
                isDisplaced = isDisplaced || ours.contains { isCurrent($0.rule, rule) }
                if place.index < foreign.count {
                    entries.append(.addRule(rule, to: chain, .before(handle: foreign[place.index].handle)))
                } else {
                    entries.append(.addRule(rule, to: chain, .last))
                }
            }
        }
        removals += ours.map { .deleteRule(chain, handle: $0.rule.handle) }
    }

    /// Fills the sets, except those that contain exactly the wanted elements for at least another half of the lease.
    private mutating func refresh() {
        guard layout.form == .sets else { return }
        for (set, wanted) in elements {
            if exists(set), let found = ruleset.elements[set], found.areCurrent(for: wanted) { continue }
            // Flush a set even if it is to be deleted and made again: the kernel may refuse its deletion.
            if ruleset.sets.contains(where: { $0.name == set }) { additions.append(.flushSet(set)) }
            if !wanted.isEmpty { additions.append(.addElements(set, wanted)) }
        }
    }
}

extension Ruleset {
    /// True if our own table exists and has our mark.
    fileprivate var hasMarkedTable: Bool {
        tables.contains { $0.name == .teredowall && Mark.isMark($0.comment) }
    }
}
