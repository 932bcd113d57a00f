// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The fates of the exception's rows in all base chains of a ruleset, on each interface.
struct RowFindings {
    /// The fate of one row in one base chain on one interface.
    struct Finding {
        let base: Chain
        let key: RowKey
        let kind: PacketClass.Kind
        /// The fate of the packets from strangers or neighbours, then those of the parts of the class.
        var fates: [ChainFate]
        /// False when the finding is about ports that the client may have later, and the client has a port now.
        let isPresent: Bool
        /// True when the finding only yields places for exceptions: another finding determines the reported fate.
        var isForPlacesOnly = false
    }

    private(set) var findings: [Finding] = []
    /// All rows, each on each interface, whether or not a chain affects them.
    private(set) var rows: [RowKey] = []
    let index: RulesetIndex
    let interfaces: [Interface?]
    /// For each of ``interfaces``, the names of the interfaces in use that no rule distinguishes from it,
    /// including its own.
    private let classMembers: [Interface: [String]]
    let sharing: ChainReachability
    private let hooks: HookOrder
    /// The searches that were made before, kept only during the initialiser.
    private var searches: [SearchKey: DefaultSearch] = [:]
    /// The results of ``isSafe(_:in:_:on:)`` so far.
    var safePlaces: [PlaceKey: Bool] = [:]
    /// The results of ``isSafe(_:for:in:besides:)`` so far.
    var safeBesideOthers: [ServedKey: Bool] = [:]

    private struct SearchKey: Hashable {
        let base: ChainName
        let direction: Direction
        let interface: Interface?
        let state: PacketState
        var part = SourcePart.stranger
    }

    init(_ index: RulesetIndex, openings: Openings, interfaces all: [Interface]) {
        self.index = index
        sharing = ChainReachability(index, networks: all.flatMap(\.networks))
        let classes = InterfaceClasses(index)
        interfaces = classes.classes(of: all)
        hooks = HookOrder(index)
        classMembers = classes.members(of: all)
        for interface in interfaces {
            for row in Self.rows(openings) { examine(row, on: interface, openings) }
        }
        withholdFromGroups()
        searches = [:]
    }

    /// Takes the place from packets to the group where it is not used for the row's other packets: its exception would
    /// be for these, too.
    private mutating func withholdFromGroups() {
        for other in findings {
            guard let fate = other.fates.first, let place = fate.withheldPlace else { continue }
            for index in findings.indices where findings[index].kind == .announcement {
                let finding = findings[index]
                guard finding.base.name == other.base.name, finding.key.row == other.key.row,
                    finding.key.interface == other.key.interface,
                    let own = finding.fates.first?.place, own == place || fate.placesBefore.contains(own)
                else { continue }
                findings[index].fates[0].withholdPlace(fate.obstacle)
            }
        }
    }

    struct PlaceKey: Hashable {
        let place: Walk.Place
        let base: ChainName
        let direction: Direction
        /// The interfaces whose packets the exception is for; nil for all.
        let interfaces: Set<Interface?>?
    }

    struct ServedKey: Hashable {
        let place: Walk.Place
        let base: ChainName
        let rows: Set<Row>
        /// The interfaces that the exception is for.
        let served: Set<Interface?>
    }

    /// The names of the interfaces in use that `interface` stands for.
    func namesOfClass(of interface: Interface?) -> [String?] {
        guard let interface else { return [nil] }
        return classMembers[interface] ?? [interface.name]
    }

    /// A row on an interface; for outgoing rows optionally only the packets to the discovery group.
    struct RowKey: Hashable {
        let row: Row
        let interface: Interface?
        var isToGroup = false
    }

    /// One class of packets that belongs to a row.
    private struct RowPackets {
        let row: Row
        let kind: PacketClass.Kind
        var isPresent = true
    }

    private static func rows(_ openings: Openings) -> [RowPackets] {
        var rows: [RowPackets] = []
        for row in [Row.servicePortIn, .discovery, .servicePortOut, .solicitation] {
            switch row {
            case .servicePortIn, .servicePortOut:
                // The port may change without another reading of the ruleset, so any port is examined too. Of the
                // current ports at most 4 are examined, as each takes further walks.
                rows.append(
                    RowPackets(row: row, kind: .service(port: nil), isPresent: openings.ports.isEmpty))
                rows += openings.ports.prefix(4).map { RowPackets(row: row, kind: .service(port: $0)) }
            case .discovery: if openings.multicast { rows.append(RowPackets(row: row, kind: .discovery)) }
            case .solicitation:
                if openings.clientUser == nil { continue }
                rows.append(RowPackets(row: row, kind: .solicitation))
                if openings.multicast { rows.append(RowPackets(row: row, kind: .announcement)) }
            case .igmpIn, .igmpOut: break
            }
        }
        return rows
    }

    /// Adds the findings about one class of packets of a row on an interface.
    private mutating func examine(_ row: RowPackets, on interface: Interface?, _ openings: Openings) {
        let rowKey = RowKey(row: row.row, interface: interface, isToGroup: row.kind == .announcement)
        if !rows.contains(rowKey) { rows.append(rowKey) }
        let packets = PacketClass(row.kind, row.row.direction, on: interface, user: openings.clientUser)
        let first = findings.count
        var (state, neighbourState) = (PacketState(hook: .prerouting), PacketState(hook: .prerouting))
        var neighbourFindings: [Finding] = []
        // Packets to the group come from neighbours, whose fate is therefore the one to report. The fate of strangers'
        // packets still yields places for exceptions.
        let isFromNeighbours = row.kind == .discovery && interface?.network != nil
        for stop in hooks.stops(packets.direction, on: interface) {
            for base in stop.chains {
                Self.update(&state, entering: base, at: stop)
                let (search, before) = (search(base, state, packets), state)
                let found = search.fates(of: packets)
                state = found.state
                var finding = Finding(
                    base: base, key: rowKey, kind: row.kind, fates: found.fates, isPresent: row.isPresent)
                findings.append(finding)
                guard isFromNeighbours else { continue }
                Self.update(&neighbourState, entering: base, at: stop)
                let walk = search.walk(packets.from(.neighbour))
                if neighbourState == before, walk.steps.areEqual(to: found.walk.steps) {
                    neighbourState = found.state
                } else {
                    let neighbourSearch = self.search(base, neighbourState, packets, .neighbour)
                    let part = neighbourSearch.fate(ofPart: packets, besides: found.walk, found.fates)
                    (finding.fates, neighbourState) = ([part.fate], part.state)
                }
                neighbourFindings.append(finding)
            }
        }
        if !isFromNeighbours { return }
        for index in first..<findings.count { findings[index].isForPlacesOnly = true }
        findings += neighbourFindings
    }

    /// Changes the state of a packet to that in which it enters a base chain.
    private static func update(
        _ state: inout PacketState, entering base: Chain, at stop: HookOrder.Stop
    ) {
        state.hook = stop.hook
        // Connection tracking runs at priority -200.
        state.isBeforeTracking =
            stop.isBeforeTracking
            || (stop.hook == .prerouting || stop.hook == .output) && (base.base?.priority ?? 0) < -200
    }

    /// The search for the default that packets meet in a base chain.
    private mutating func search(
        _ base: Chain, _ state: PacketState, _ packets: PacketClass, _ part: SourcePart = .stranger
    ) -> DefaultSearch {
        let key = SearchKey(
            base: base.name, direction: packets.direction, interface: packets.interface, state: state,
            part: part)
        if let known = searches[key] { return known }
        let search = DefaultSearch(
            index, sharing, base, packets.direction, on: packets.interface, state, part: part)
        searches[key] = search
        return search
    }
}
