// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// What all base chains of a ruleset do to the rows of the exception, on each interface.
struct HostSurvey {
    /// What one base chain does to one row on one interface.
    struct Finding {
        let base: Chain
        let row: String
        let direction: Direction
        let interface: Interface?
        let fates: [ChainFate]
        /// Whether it is about the ports as they are; not about whichever they may become.
        let isPresent: Bool
    }

    private(set) var findings: [Finding] = []
    /// All rows there are, each on each interface, whether a chain is in their way or not.
    private(set) var rows: [RowKey] = []
    let index: RulesetIndex
    let interfaces: [Interface?]
    private let sharing: ChainSharing
    private var searches: [SearchKey: DefaultSearch] = [:]

    private struct SearchKey: Hashable {
        let base: ChainName
        let direction: Direction
        let interface: Interface?
        let state: PacketState
    }

    init(_ ruleset: Ruleset, openings: Openings, interfaces all: [Interface]) {
        index = RulesetIndex(ruleset)
        sharing = ChainSharing(index)
        interfaces = InterfaceClasses(index).classes(of: all)
        for interface in interfaces {
            for row in Self.rows(openings) { walk(row, on: interface, openings) }
        }
    }

    /// A row on an interface.
    struct RowKey: Hashable {
        let row: String
        let direction: Direction
        let interface: Interface?
    }

    private struct Row {
        let name: String
        let direction: Direction
        let kind: PacketClass.Kind
        var isPresent = true
    }

    private static func rows(_ openings: Openings) -> [Row] {
        var rows: [Row] = []
        for direction in Direction.allCases {
            let name = direction == .input ? "I1" : "O1"
            // A port may change without another look at the ruleset.
            rows.append(
                Row(
                    name: name, direction: direction, kind: .service(port: nil),
                    isPresent: openings.ports.isEmpty))
            for port in openings.ports.prefix(4) {
                rows.append(Row(name: name, direction: direction, kind: .service(port: port)))
            }
            if direction == .input, openings.multicast {
                rows.append(Row(name: "I2", direction: .input, kind: .discovery))
            }
            if direction == .output, openings.clientUser != nil {
                rows.append(Row(name: "O2", direction: .output, kind: .solicitation))
            }
        }
        return rows
    }

    private mutating func walk(_ row: Row, on interface: Interface?, _ openings: Openings) {
        let key = RowKey(row: row.name, direction: row.direction, interface: interface)
        if !rows.contains(key) { rows.append(key) }
        let packets = PacketClass(row.kind, row.direction, on: interface, user: openings.clientUser)
        let hooks: [Hook] = row.direction == .input ? [.prerouting, .input] : [.output, .postrouting]
        var state = PacketState(hook: hooks[0])
        for hook in hooks {
            state.hook = hook
            for base in baseChains(at: hook) {
                // Connection tracking has priority -200.
                state.isBeforeTracking =
                    (hook == .prerouting || hook == .output) && (base.base?.priority ?? 0) < -200
                let key = SearchKey(
                    base: base.name, direction: row.direction, interface: interface, state: state)
                let search =
                    searches[key]
                    ?? DefaultSearch(index, sharing, base, row.direction, on: interface, state)
                searches[key] = search
                let found = search.fates(of: packets)
                state = found.state
                findings.append(
                    Finding(
                        base: base, row: row.name, direction: row.direction, interface: interface,
                        fates: found.fates, isPresent: row.isPresent))
            }
        }
    }

    /// Whether an exception there stands before nothing that is singled out on any interface before its default.
    func isSafe(_ place: Walk.Place, in base: Chain, _ direction: Direction) -> Bool {
        let harmless: Facets = [.interface, .audience, .transport, .family, .state, .rate]
        return interfaces.count < 2
            || interfaces.allSatisfy { interface in
                let packets = PacketClass(.service(port: nil), direction, on: interface)
                let walk = Walk(
                    Evaluator(packets: packets, index: index), through: base,
                    PacketState(hook: direction.hook))
                let start = walk.steps.firstIndex { $0.chain == place.chain && $0.index >= place.index }
                let end = walk.denials.first?.step ?? walk.steps.count
                guard let start, start < end else { return true }
                return walk.steps[start..<end].allSatisfy { step in
                    let meaning = step.meaning
                    let isSingled = meaning.match == .unlikely && !meaning.failed.isSubset(of: harmless)
                    return !isSingled || !meaning.ending.denies
                }
            }
    }

    /// Those that packets pass, in order. Nat chains decide nothing.
    private func baseChains(at hook: Hook) -> [Chain] {
        let dormant = Set(index.ruleset.tables.filter(\.isDormant).map(\.name))
        return index.ruleset.chains.filter { chain in
            guard let base = chain.base, base.hook == hook, index.rules[chain.name] != nil,
                base.type != "nat" || base.policy == .drop
            else { return false }
            let table = chain.name.table
            return (table.family == .inet || table.family == .ip) && table != .teredowall
                && !dormant.contains(table)
        }.sorted { ($0.base?.priority ?? 0) < ($1.base?.priority ?? 0) }
    }
}

extension Table {
    /// Whether its chains are switched off (NFT_TABLE_F_DORMANT).
    var isDormant: Bool { flags & 1 != 0 }
}
