// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Finds where in a ruleset the exceptions belong, and what stands in their way.
struct Survey {
    private(set) var layouts: [TableName: Layout] = [:]
    private(set) var leftAlone: [LeftAlone] = []

    private let ruleset: Ruleset
    private let openings: Openings
    private let policy: Policy
    private let analysis: DefaultAnalysis

    init(_ ruleset: Ruleset, openings: Openings, policy: Policy) {
        self.ruleset = ruleset
        self.openings = openings
        self.policy = policy
        analysis = DefaultAnalysis(ruleset)
        surveyOwnTable()
        for table in ruleset.tables where table.name != .teredowall && !table.isDormant {
            guard table.name.family == .inet || table.name.family == .ip, table.name != .firewalldReload
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
        if let obstacle = obstacle(to: SetNames(in: table)) { return leave(table, obstacle) }
        var layout = Layout(table: table)
        for direction in Direction.allCases {
            let chain = Chain(
                ChainName(table, direction.ownChain), base: BaseChain(hook: direction.hook),
                comment: direction.comment)
            layout.chains.append(
                .init(chain: chain, isAnchor: false, rules: openings.rules(direction, in: table)))
        }
        layouts[table] = layout
    }

    private mutating func survey(_ table: Table) {
        let kind = TableKind(table, in: ruleset)
        var layout = Layout(table: table.name)
        for direction in Direction.allCases {
            if kind == .native, let anchor = anchor(direction, in: table.name) {
                fill(anchor, direction, &layout)
                continue
            }
            for base in baseChains(of: table.name, at: [direction.hook]) {
                survey(base, direction, kind, &layout)
            }
        }
        for base in baseChains(of: table.name, at: [.prerouting, .postrouting, .ingress]) {
            if case .denies = analysis.default(of: base), let hook = base.base?.hook {
                leave(base.name, "denies by default at hook \(hook), where no exception is made")
            }
        }
        if !layout.isEmpty { layouts[table.name] = layout }
    }

    /// An anchor that lies in the way of nothing still counts: it is the administrator's word.
    private mutating func fill(_ anchor: Chain, _ direction: Direction, _ layout: inout Layout) {
        if let reason = refusal(of: anchor.name) ?? obstacle(to: SetNames(in: anchor.name.table)) {
            return leave(anchor.name, reason)
        }
        layout.chains.append(
            .init(chain: anchor, isAnchor: true, rules: openings.rules(direction, in: anchor.name.table)))
    }

    private mutating func survey(
        _ base: Chain, _ direction: Direction, _ kind: TableKind, _ layout: inout Layout
    ) {
        let tail: (chain: ChainName, index: Int)
        switch analysis.default(of: base) {
        case .accepts, .returns, .deniesUnlessReturned: return
        case .unclear(let reason): return leave(base.name, reason)
        case .denies(let chain, let index): tail = (chain, index)
        }
        if let reason = reason(toLeave: base, direction, kind) { return leave(base.name, reason) }

        let own = ChainName(base.name.table, direction.foreignChain)
        if !layout.chains.contains(where: { $0.chain.name == own }) {
            let chain = Chain(own, comment: direction.comment)
            layout.chains.append(
                .init(chain: chain, isAnchor: false, rules: openings.rules(direction, in: own.table)))
        }
        let first = policy.position == .first
        layout.jumps.append(
            .init(
                base: base.name, chain: first ? base.name : tail.chain, direction: direction,
                index: first ? 0 : tail.index))
    }

    /// Why a chain that denies by default gets no exception.
    private func reason(toLeave base: Chain, _ direction: Direction, _ kind: TableKind) -> String? {
        switch kind {
        case .foreign(let reason): return reason
        case .iptables: return "in a table managed by iptables, where nft's own rules would do harm"
        case .own, .native: break
        }
        if let reason = refusal(of: base.name) { return reason }
        if base.base?.type != "filter" { return "denies by default, but is no filter chain" }
        let own = ChainName(base.name.table, direction.foreignChain)
        if let taken = ruleset.chains.first(where: { $0.name == own }), taken.base != nil {
            return "chain \(own.name) in its table is a base chain"
        }
        return obstacle(to: SetNames(in: base.name.table))
    }

    private func refusal(of chain: ChainName) -> String? {
        if policy.exclude.contains(chain.description) || policy.exclude.contains(chain.table.description) {
            return "excluded by the configuration"
        }
        return policy.mode == .ownTable ? "the mode is \(policy.mode.rawValue)" : nil
    }

    /// A set that is not ours but has the name ours would have.
    private func obstacle(to names: SetNames) -> String? {
        let taken = ruleset.sets.first { set in
            (set.name == names.ports || set.name == names.fixed) && !set.isOurs
        }
        return taken.map { "a set \($0.name.name) that is not ours exists in its table" }
    }

    private func anchor(_ direction: Direction, in table: TableName) -> Chain? {
        ruleset.chains.first {
            $0.name == ChainName(table, direction.foreignChain) && $0.base == nil && !Mark.isOn($0.comment)
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

extension NamedSet {
    /// Whether it is one of our sets: our mark and our shape.
    var isOurs: Bool { Mark.isOn(comment) && isTimedPorts }
}
