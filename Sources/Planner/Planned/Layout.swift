// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Our chains, sets and rules that must be in one table; empty if there must be none.
struct Layout: Hashable {
    /// The form in which the exceptions are written.
    enum Form: Hashable {
        /// One rule for all ports, which are in a set; the rules are in chains of our own.
        case sets
        /// One rule for each port, made of xtables matches, directly in the foreign chains: a chain of ours
        /// would make another program's `iptables -X` fail.
        case iptables
    }

    /// A chain of ours, or an anchor, with its rules.
    struct FilledChain: Hashable {
        var chain: Chain
        var isAnchor: Bool
        /// The rows whose packets the chain accepts; empty for a chain with another purpose.
        var rows: Set<Row> = []
        var rules: [NewRule]
    }

    /// A place for exceptions in a foreign chain (``Walk/Place``), with the rows and packets that they are for.
    struct InsertionPoint: Hashable {
        /// The base chain whose packets the exceptions are for.
        var base: ChainName
        var chain: ChainName
        /// The index of the rule that the exceptions stand in front of (our own rules not counted). The number of rules
        /// means the end of the chain.
        var index: Int
        /// The index of the first rule that existing exceptions may stand in front of: between there and ``index`` they
        /// are not moved.
        var earliest: Int
        /// The rows, all of one direction, that are denied by the default at this place.
        var rows: Set<Row>
        var condition = Condition.none
    }

    /// The packets at a place that the exceptions are for. In form `iptables` always `none`.
    enum Condition: Hashable {
        /// All packets.
        case none
        /// The packets to this host, or from it; at the place, other packets pass too.
        case ownPackets
        /// The packets on these interfaces.
        case interfaces([String])

        /// The matches of the rules that lead to the exceptions: one list for each rule.
        func matches(_ direction: Direction) -> [[Statement]] {
            switch self {
            case .none: [[]]
            // Forwarded packets have both interfaces, packets to this host no outgoing one, packets from it no incoming
            // one.
            case .ownPackets: [[direction == .input ? .withoutInterfaceOut : .withoutInterfaceIn]]
            case .interfaces(let names):
                names.map { [direction == .input ? .interfaceIn($0) : .interfaceOut($0)] }
            }
        }
    }

    /// Our rules at a place: the exceptions, or a jump to a chain with the exceptions.
    struct Insertion: Hashable {
        var place: InsertionPoint
        var rules: [NewRule]
    }

    let table: TableName
    var form = Form.sets
    var chains: [FilledChain] = []
    private(set) var insertions: [Insertion] = []

    init(table: TableName, form: Form = .sets) {
        self.table = table
        self.form = form
    }

    var isEmpty: Bool { chains.isEmpty && insertions.isEmpty }

    /// Adds a chain of ours or an anchor, with the exceptions for these rows, to the layout.
    mutating func fill(
        _ chain: Chain, isAnchor: Bool, _ rows: Set<Row>, _ openings: Openings, _ expiry: Expiry
    ) {
        let rules = rules(for: rows, openings, expiry)
        chains.append(FilledChain(chain: chain, isAnchor: isAnchor, rows: rows, rules: rules))
    }

    /// Adds the exceptions for a place to the layout; in form `sets`, as a jump to a chain of ours, which is added too.
    mutating func serve(_ place: InsertionPoint, _ openings: Openings, _ expiry: Expiry) {
        guard let direction = place.rows.first?.direction,
            !insertions.contains(where: { $0.place == place })
        else { return }
        switch form {
        case .iptables:
            insertions.append(Insertion(place: place, rules: rules(for: place.rows, openings, expiry)))
        case .sets:
            let rules = rules(for: place.rows, openings, expiry)
            if rules.isEmpty { return }
            // Use the name without rows, which administrators know, unless the chain has only some of the rules.
            let areAllRules = rules.count == openings.rules(direction, in: table).count
            let rows = areAllRules ? Row.all(direction) : Set(rules.compactMap(\.row))
            let own = ChainName(table, direction.foreignChain(for: rows))
            if !chains.contains(where: { $0.chain.name == own }) {
                fill(Chain(own, comment: direction.comment), isAnchor: false, rows, openings, expiry)
            }
            let jumps = place.condition.matches(direction).map {
                NewRule($0 + [.jump(own.name)], comment: direction.comment)
            }
            insertions.append(Insertion(place: place, rules: jumps))
        }
    }

    /// The exceptions for these rows, which are of one direction.
    private func rules(for rows: Set<Row>, _ openings: Openings, _ expiry: Expiry) -> [NewRule] {
        guard let direction = rows.first?.direction else { return [] }
        let all =
            switch form {
            case .sets: openings.rules(direction, in: table)
            case .iptables: openings.iptablesRules(direction, during: expiry.span)
            }
        return all.filter { rule in rule.row.map(rows.contains) ?? false }
    }

    /// The attachments in force once the layout is committed.
    var attachments: [Attachment] {
        if isEmpty { return [] }
        // The holders in anchors, or those in our own chains.
        func holders(anchors: Bool) -> [Attachment.Holder] {
            chains.filter { $0.isAnchor == anchors }.map { .init($0.chain.name, $0.rows) }
        }
        if table == .teredowall {
            let names = chains.map(\.chain.name)
            return [
                Attachment(kind: .ownTable, table: table, chains: names, holders: holders(anchors: false))
            ]
        }
        var bases: [ChainName] = []
        for insertion in insertions where !bases.contains(insertion.place.base) {
            bases.append(insertion.place.base)
        }
        let anchors = holders(anchors: true)
        if form == .iptables {
            let inserted = insertions.map { Attachment.Holder($0.place.chain, $0.place.rows) }
            return [
                Attachment(
                    kind: .iptables, table: table, chains: bases + anchors.map(\.chain),
                    holders: inserted + anchors)
            ]
        }
        return [
            Attachment(kind: .native, table: table, chains: bases, holders: holders(anchors: false)),
            Attachment(kind: .anchor, table: table, chains: anchors.map(\.chain), holders: anchors),
        ].filter { !$0.chains.isEmpty }
    }
}
