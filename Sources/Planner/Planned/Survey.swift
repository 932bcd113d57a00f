// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Finds the places of the exceptions in a ruleset, and the reasons why some packets get none.
struct Survey {
    private(set) var layouts: [TableName: Layout] = [:]
    private(set) var leftAlone: [LeftAlone] = []
    private(set) var fates: [RowFate] = []

    let ruleset: Ruleset
    private let openings: Openings
    let policy: Policy
    private let expiry: Expiry
    private(set) var evaluation: HostEvaluation
    private let ownership: Ownership
    /// The base chains whose default gets an exception.
    private(set) var served: Set<ChainName> = []
    /// The places with exceptions for packets on every interface, by base chain and row.
    private(set) var placesByRow: [ChainName: [Row: Set<Walk.Place>]] = [:]
    /// The places where an exception would bypass denials on other interfaces.
    private(set) var unsafePlaces: Set<Walk.Place> = []
    /// The chains that the administrator made for our rules.
    private(set) var anchors: [TableName: [Direction: ChainName]] = [:]
    /// The reason why the default of a base chain gets no exception.
    private(set) var unserved: [ChainName: String] = [:]

    /// `known` is the evaluation of an earlier survey, which is used again if it is still valid.
    init(
        _ ruleset: Ruleset, openings: Openings, policy: Policy, expiry: Expiry, interfaces: [Interface] = [],
        known: consuming HostEvaluation? = nil
    ) {
        self.ruleset = ruleset
        self.openings = openings
        self.policy = policy
        self.expiry = expiry
        evaluation = HostEvaluation(of: ruleset, openings: openings, interfaces: interfaces, known: known)
        ownership = Ownership(ruleset)
        surveyOwnTable()
        for table in ruleset.tables where table.name != .teredowall && !table.isDormant {
            if table.name.family == .netdev { surveyNetdevTable(table.name) }
            // Exceptions in firewalld's tables are made and reported by `FirewalldFirewall`.
            guard table.name.family == .inet || table.name.family == .ip, !table.name.isFirewalld
            else { continue }
            survey(table)
        }
        fates = rowFates
    }

    /// The findings about the host's own rules, without ours.
    var host: RowFindings { evaluation.survey }

    /// Reports a table or chain as left alone.
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
        if !openings.guardedInterfaces.isEmpty {
            layout.chains += InnerGuard.chains(on: openings.guardedInterfaces)
        }
        layouts[table] = layout
    }

    private mutating func survey(_ table: Table) {
        var kind = TableKind(table, in: ruleset)
        let isKillSwitch = kind == .foreign(TableKind.killSwitch(table.name))
        if isKillSwitch, policy.pierce.contains(table.name.description) { kind = .native }
        var layout = Layout(table: table.name)
        if kind == .iptables { layout.form = .iptables }
        for direction in Direction.allCases {
            if kind == .native || kind == .iptables, let anchor = anchor(direction, in: table.name) {
                // Fill an anchor even if no chain that leads to it denies by default: the administrator made it for
                // the exceptions.
                if let reason = refusal(of: anchor.name) ?? obstacle(in: layout) {
                    leave(anchor.name, reason)
                } else {
                    fill(anchor, direction, &layout)
                    anchors[table.name, default: [:]][direction] = anchor.name
                    // The kernel counts the chain's own rules as uses too.
                    if Int(anchor.use) <= ruleset.rules[anchor.name]?.count ?? 0 {
                        leave(anchor.name, Self.unreachedReason)
                    }
                }
                continue
            }
            for base in baseChains(of: table.name, at: [direction.hook]) {
                // `pierce` may also name single chains of a kill switch.
                let isPiercedChain = isKillSwitch && isPierced(base.name)
                survey(base, direction, isPiercedChain ? .native : kind, &layout)
            }
        }
        for base in baseChains(of: table.name, at: [.prerouting, .postrouting, .ingress]) {
            if deniesByDefault(base), let hook = base.base?.hook {
                leaveDefault(base, "denies by default at hook \(hook), where no exception is made")
            }
        }
        if !layout.isEmpty { layouts[table.name] = layout }
    }

    /// Reports the defaults in a table of family netdev, which get no exceptions.
    private mutating func surveyNetdevTable(_ table: TableName) {
        for chain in ruleset.chains where chain.name.table == table && deniesByDefault(chain) {
            let hook = chain.base?.isEgress == true ? "egress" : "ingress"
            leaveDefault(chain, "denies by default at hook \(hook), where no exception is made")
        }
    }

    /// Adds our own chain or an anchor to the layout, with all exceptions of a direction.
    private func fill(_ chain: Chain, _ direction: Direction, _ layout: inout Layout) {
        layout.fill(
            chain, isAnchor: ownership.isAnchor(chain), Row.all(direction), openings, expiry)
    }

    /// Adds the exceptions for a base chain to the layout, or reports why there are none.
    private mutating func survey(
        _ base: Chain, _ direction: Direction, _ kind: TableKind, _ layout: inout Layout
    ) {
        let findings = host.findings.filter { $0.base.name == base.name }
        if findings.contains(where: { $0.fates.contains { $0.defaultDenial != nil } }),
            let reason = reason(toLeave: base, direction, kind, layout)
        {
            return leaveDefault(base, reason)
        }
        // Make exceptions for the classes of packets whose default is known, even if that of other classes is not.
        let places = places(of: findings, in: base, direction, layout.form)
        if !places.isEmpty { served.insert(base.name) }
        for place in places {
            if case .interfaces = place.condition {
                // Exceptions for some interfaces only do not serve other findings.
            } else {
                for row in place.rows {
                    placesByRow[base.name, default: [:]][row, default: []].insert(place.place)
                }
            }
            layout.serve(
                .init(
                    base: base.name, chain: place.place.chain, index: place.place.index,
                    earliest: earliest(in: place.place.chain, before: place.place.index), rows: place.rows,
                    condition: place.condition),
                openings, expiry)
        }
        if let reason = findings.compactMap({ obstacle(for: $0) }).first {
            leaveDefault(base, reason)
        } else if let reason = findings.compactMap({ obstacleForZone(in: $0) }).first {
            leave(base.name, reason)
        }
    }

    /// The reason why packets of a class may stay denied in a chain although it is not left alone.
    private func obstacle(for finding: RowFindings.Finding) -> String? {
        guard let fate = finding.fates.first else { return nil }
        if let reason = fate.unknownReason { return reason }
        // An exception for other packets of the row may stand where these packets pass too.
        return isServedEarlier(fate, finding.key.row, in: finding.base.name) ? nil : fate.obstacle
    }

    /// The reason why the default of a zone gets no exception.
    private func obstacleForZone(in finding: RowFindings.Finding) -> String? {
        let zone = finding.fates.first { fate in
            fate.isOfZone && fate.defaultDenial != nil && fate.obstacle != nil
                && !isServedEarlier(fate, finding.key.row, in: finding.base.name)
        }
        guard let zone, let denial = zone.defaultDenial, let reason = zone.obstacle else { return nil }
        return "the default of certain addresses in chain \(denial.chain.name) is not served: \(reason)"
    }

    /// True when an exception for the row stands where the packets pass before they are denied.
    func isServedEarlier(_ fate: ChainFate, _ row: Row, in base: ChainName) -> Bool {
        placesByRow[base]?[row]?.isDisjoint(with: fate.placesBefore) == false
    }

    /// A place for exceptions on the way of a base chain's packets.
    private struct ServedPlace {
        var place: Walk.Place
        var rows: Set<Row>
        var condition = Layout.Condition.none
        /// The interfaces whose packets are served there.
        var interfaces: Set<Interface?>
    }

    /// The places that together serve all findings, and the rows for each place. Places where an exception would bypass
    /// denials on other interfaces are left out. A row gets no exception before a rule that explicitly denies it.
    private mutating func places(
        of findings: [RowFindings.Finding], in base: Chain, _ direction: Direction, _ form: Layout.Form
    ) -> [ServedPlace] {
        var places = wantedPlaces(of: findings, direction)
        if policy.position == .first {
            let first = Walk.Place(chain: base.name, index: 0)
            return places.isEmpty ? [] : [ServedPlace(place: first, rows: Row.all(direction), interfaces: [])]
        }
        var harmful: Set<Walk.Place> = []
        for index in places.indices
        where !isSafe(places[index], in: base, direction) {
            if let condition = condition(for: places[index], in: base, direction, form) {
                places[index].condition = condition
            } else {
                harmful.insert(places[index].place)
            }
        }
        if !harmful.isEmpty {
            unsafePlaces.formUnion(harmful)
            leave(base.name, Self.bypassReason)
        }
        places.removeAll { harmful.contains($0.place) }
        var moved: [ServedPlace] = []
        for var item in places {
            item.place = ufwPlace(in: base, before: item.place) ?? item.place
            Self.add(item, to: &moved)
        }
        return moved
    }

    /// True if exceptions at a place bypass no denial on any interface.
    private mutating func isSafe(_ item: ServedPlace, in base: Chain, _ direction: Direction) -> Bool {
        evaluation.survey.isSafe(item.place, in: base, direction)
            && evaluation.survey.isSafe(item.place, for: item.rows, in: base, besides: item.interfaces)
    }

    /// The places that together serve all findings.
    private func wantedPlaces(
        of findings: [RowFindings.Finding], _ direction: Direction
    ) -> [ServedPlace] {
        var places: [ServedPlace] = []
        let all = Set(findings.flatMap { $0.fates.compactMap(\.place) })
        // IGMP is not evaluated: its row gets an exception at each place that another row has.
        let igmp = Row.all(direction).intersection([.igmpIn, .igmpOut])
        for finding in findings {
            for fate in finding.fates {
                // Use the place of another fate if it serves as well. With one place there is no other, and a search of
                // thousands of equivalents is saved.
                let common = all.count > 1 ? fate.equivalents.last(where: all.contains) : nil
                guard let place = common ?? fate.place else { continue }
                let isShared = fate.isPlaceShared && place == fate.place
                Self.add(
                    ServedPlace(
                        place: place, rows: igmp.union([finding.key.row]),
                        condition: isShared ? .ownPackets : .none, interfaces: [finding.key.interface]),
                    to: &places)
            }
        }
        return places
    }

    /// Adds a place, or its rows and interfaces if the place is there already.
    private static func add(_ item: ServedPlace, to places: inout [ServedPlace]) {
        let known = places.firstIndex { $0.place == item.place && $0.condition == item.condition }
        guard let known else { return places.append(item) }
        places[known].rows.formUnion(item.rows)
        places[known].interfaces.formUnion(item.interfaces)
    }

    /// The condition on interfaces with which exceptions at a place bypass no denial on other interfaces; nil if there
    /// is no such condition.
    private mutating func condition(
        for item: ServedPlace, in base: Chain, _ direction: Direction, _ form: Layout.Form
    ) -> Layout.Condition? {
        guard form == .sets, item.condition == .none,
            evaluation.survey.isSafe(item.place, in: base, direction, on: item.interfaces)
        else { return nil }
        let names = item.interfaces.flatMap { host.namesOfClass(of: $0) }.compactMap(\.self).sorted()
        guard !names.isEmpty, names.count <= Self.mostInterfaces else { return nil }
        return .interfaces(names)
    }

    /// The maximum number of interfaces that get exceptions of their own at a place.
    private static let mostInterfaces = 8

    /// The reason for making no exception at a harmful place.
    static let bypassReason = "an exception here would also bypass denials on other interfaces"

    /// The reason shown for an anchor that opens nothing. It may be a chain of ours that has lost its comment in a copy
    /// of the ruleset, but nothing proves that.
    private static let unreachedReason =
        "never reached: teredowalld fills this chain, but no rule leads to it: add a jump to it, or delete it"

    /// Reports a base chain whose default gets no exception.
    private mutating func leaveDefault(_ base: Chain, _ reason: String) {
        unserved[base.name] = reason
        leave(base.name, reason)
    }

    private func deniesByDefault(_ base: Chain) -> Bool {
        host.findings.contains { finding in
            finding.base.name == base.name && finding.fates.first?.defaultDenial != nil
        }
    }

    /// The first index such that no rule from there up to `index` denies anything.
    private func earliest(in chain: ChainName, before index: Int) -> Int {
        let rules = (host.index.rules[chain] ?? []).prefix(index)
        return (rules.lastIndex { !$0.deniesNothing }).map { $0 + 1 } ?? 0
    }

    /// The reason why a chain that denies by default gets no exception; nil if it gets one.
    private func reason(
        toLeave base: Chain, _ direction: Direction, _ kind: TableKind, _ layout: Layout
    ) -> String? {
        if case .foreign(let reason) = kind { return reason }
        if let reason = refusal(of: base.name) { return reason }
        if evaluation.killSwitches.contains(base.name), !isPierced(base.name) {
            return "a kill switch, which lets new flows out only by certain ways; "
                + TableKind.pierceAdvice(for: base.name.table)
        }
        if base.base?.type != "filter" {
            return "denies by default, but is no filter chain: move the denial to a chain of type filter"
        }
        let own = ChainName(base.name.table, direction.foreignChain)
        if let taken = ruleset.chains.first(where: { $0.name == own }), taken.base != nil {
            return "chain \(own.name) in its table is a base chain, to which no rule can jump: rename it"
        }
        return obstacle(in: layout)
    }

    /// The place for ufw: directly after the jump to the chain that leads to the rules of `ufw allow`. ufw's
    /// commands leave a rule there in its place, and the rules behind it are about packets that no `ufw allow`
    /// accepted.
    private func ufwPlace(in base: Chain, before place: Walk.Place) -> Walk.Place? {
        guard place.chain == base.name, let rules = host.index.rules[base.name] else { return nil }
        let index = rules.notablePositions.last { position in
            position < place.index && Self.ufwChains.contains { rules[position].leads(to: $0) }
        }
        return index.map { Walk.Place(chain: base.name, index: $0 + 1) }
    }

    private static let ufwChains = ["ufw-before-input", "ufw-before-output"]

    /// The reason why the configuration permits no exception in a chain; nil if it permits one.
    private func refusal(of chain: ChainName) -> String? {
        if policy.exclude.contains(chain.description) || policy.exclude.contains(chain.table.description) {
            return "excluded by firewall.exclude"
        }
        return policy.mode == .ownTable ? "the mode is \(policy.mode.rawValue)" : nil
    }

    /// True when the configuration (`pierce`) permits exceptions in this kill switch.
    private func isPierced(_ chain: ChainName) -> Bool {
        policy.pierce.contains(chain.description) || policy.pierce.contains(chain.table.description)
    }

    /// The reason why our sets cannot be made: a foreign set has the name of one.
    private func obstacle(in layout: Layout) -> String? {
        guard layout.form == .sets else { return nil }
        let names = SetNames(in: layout.table)
        let taken = ruleset.sets.first { set in
            set.name.table == layout.table && names.contains(set.name.name) && !ownership.isOurs(set)
        }
        return taken.map {
            "a set \($0.name.name) that is not teredowalld's exists in its table: rename or delete it"
        }
    }

    /// The anchor of a table for a direction; nil if there is none.
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
