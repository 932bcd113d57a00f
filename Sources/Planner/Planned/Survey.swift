// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Finds where in a ruleset the exceptions belong, and what stands in their way.
struct Survey {
    private(set) var layouts: [TableName: Layout] = [:]
    private(set) var leftAlone: [LeftAlone] = []

    private let ruleset: Ruleset
    private let openings: Openings
    private let policy: Policy
    private let expiry: Expiry
    private let analysis: DefaultAnalysis
    private let ownership: Ownership

    init(_ ruleset: Ruleset, openings: Openings, policy: Policy, expiry: Expiry) {
        self.ruleset = ruleset
        self.openings = openings
        self.policy = policy
        self.expiry = expiry
        analysis = DefaultAnalysis(ruleset)
        ownership = Ownership(ruleset)
        surveyOwnTable()
        for table in ruleset.tables where table.name != .teredowall && !table.isDormant {
            // What firewalld keeps is spoken about with firewalld.
            guard table.name.family == .inet || table.name.family == .ip, !table.name.isFirewalld
            else { continue }
            survey(table)
        }
    }

    private mutating func leave(_ name: some CustomStringConvertible, _ reason: String) {
        leftAlone.append(LeftAlone(name: name.description, reason: reason))
    }

    private mutating func surveyOwnTable() {
        let table = TableName.teredowall
        if let found = ruleset.tables.first(where: { $0.name == table }),
            case .foreign(let reason) = TableKind(found, in: ruleset)
        {
            return leave(table, reason)
        }
        var layout = Layout(table: table)
        if let obstacle = obstacle(in: layout) { return leave(table, obstacle) }
        for direction in Direction.allCases {
            let chain = Chain(
                ChainName(table, direction.ownChain), base: BaseChain(hook: direction.hook),
                comment: direction.comment)
            fill(chain, direction, &layout)
        }
        layouts[table] = layout
    }

    private mutating func survey(_ table: Table) {
        let kind = TableKind(table, in: ruleset)
        var layout = Layout(table: table.name)
        if kind == .iptables { layout.form = .iptables }
        for direction in Direction.allCases {
            if kind == .native || kind == .iptables, let anchor = anchor(direction, in: table.name) {
                // It counts even where it lies in the way of nothing: it is the administrator's word.
                if let reason = refusal(of: anchor.name) ?? obstacle(in: layout) {
                    leave(anchor.name, reason)
                } else {
                    fill(anchor, direction, &layout)
                }
                continue
            }
            for base in baseChains(of: table.name, at: [direction.hook]) {
                survey(base, direction, kind, &layout)
            }
        }
        for base in baseChains(of: table.name, at: [.prerouting, .postrouting, .ingress]) {
            if case .denies = analysis.defaults(of: base).common, let hook = base.base?.hook {
                leave(base.name, "denies by default at hook \(hook), where no exception is made")
            }
        }
        if !layout.isEmpty { layouts[table.name] = layout }
    }

    private func fill(_ chain: Chain, _ direction: Direction, _ layout: inout Layout) {
        let rules =
            switch layout.form {
            case .sets: openings.rules(direction, in: layout.table)
            case .iptables: openings.iptablesRules(direction, until: expiry.second)
            }
        layout.chains.append(.init(chain: chain, isAnchor: ownership.isAnchor(chain), rules: rules))
    }

    private mutating func survey(
        _ base: Chain, _ direction: Direction, _ kind: TableKind, _ layout: inout Layout
    ) {
        let (common, byInterface) = analysis.defaults(of: base)
        var tails = byInterface.map { (chain: $0.chain, index: $0.tail) }
        var obscurity: String?
        switch common {
        case .accepts, .returns, .deniesUnlessReturned: break
        case .unclear(let reason): obscurity = reason
        case .denies(let chain, let index): tails.insert((chain, index), at: 0)
        }
        if !tails.isEmpty, let reason = reason(toLeave: base, direction, kind, layout) {
            return leave(base.name, reason)
        }
        if let obscurity { leave(base.name, obscurity) }
        // What is clear about some interfaces is so whatever becomes of the others.
        if tails.isEmpty { return }

        let own = ChainName(base.name.table, direction.foreignChain)
        if !layout.chains.contains(where: { $0.chain.name == own }) {
            fill(Chain(own, comment: direction.comment), direction, &layout)
        }
        if policy.position == .first { tails = [(base.name, 0)] }
        for tail in tails {
            let place = policy.position == .first ? tail : ufwPlace(in: base, before: tail) ?? tail
            layout.jumps.append(
                .init(base: base.name, chain: place.chain, direction: direction, index: place.index))
        }
    }

    /// Why a chain that denies by default gets no exception.
    private func reason(
        toLeave base: Chain, _ direction: Direction, _ kind: TableKind, _ layout: Layout
    ) -> String? {
        if case .foreign(let reason) = kind { return reason }
        if let reason = refusal(of: base.name) { return reason }
        if base.base?.type != "filter" { return "denies by default, but is no filter chain" }
        let own = ChainName(base.name.table, direction.foreignChain)
        if let taken = ruleset.chains.first(where: { $0.name == own }), taken.base != nil {
            return "chain \(own.name) in its table is a base chain"
        }
        return obstacle(in: layout)
    }

    /// With ufw, right after the chain in which `ufw allow` is decided: it stays there through all that ufw
    /// does, and what follows is about packets that nobody allowed.
    private func ufwPlace(
        in base: Chain, before tail: (chain: ChainName, index: Int)
    ) -> (chain: ChainName, index: Int)? {
        guard tail.chain == base.name, let rules = analysis.foreignRules(of: base.name) else { return nil }
        let index = rules.prefix(tail.index).lastIndex { rule in
            rule.effect == .jumps("ufw-before-input") || rule.effect == .jumps("ufw-before-output")
        }
        return index.map { (base.name, $0 + 1) }
    }

    private func refusal(of chain: ChainName) -> String? {
        if policy.exclude.contains(chain.description) || policy.exclude.contains(chain.table.description) {
            return "excluded by the configuration"
        }
        return policy.mode == .ownTable ? "the mode is \(policy.mode.rawValue)" : nil
    }

    /// A set that is not ours but has the name ours would have.
    private func obstacle(in layout: Layout) -> String? {
        guard layout.form == .sets else { return nil }
        let names = SetNames(in: layout.table)
        let taken = ruleset.sets.first { set in
            (set.name == names.ports || set.name == names.standing) && !set.isOurs
        }
        return taken.map { "a set \($0.name.name) that is not ours exists in its table" }
    }

    private func anchor(_ direction: Direction, in table: TableName) -> Chain? {
        ruleset.chains.first {
            $0.name == ChainName(table, direction.foreignChain) && ownership.isAnchor($0)
        }
    }

    private func baseChains(of table: TableName, at hooks: [Hook]) -> [Chain] {
        ruleset.chains.filter { chain in
            guard chain.name.table == table, let base = chain.base else { return false }
            return hooks.contains(base.hook)
        }
    }
}

extension Table {
    /// Whether its chains are switched off (NFT_TABLE_F_DORMANT).
    fileprivate var isDormant: Bool { flags & 1 != 0 }
}
