// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The fate of the packets of one class in a base chain, by default and explicitly.
struct ChainFate {
    /// The default denial, which singles out no kind of packet; nil when there is none.
    var byDefault: Denial?
    /// The explicit denial before any default: the administrator's own decision.
    var explicitly: Denial?
    /// A rule that lets a packet pass before that.
    var before: Set<Walk.Place> = []
    /// The reason for not knowing.
    var obscurity: String?
    /// The first rule that may decide otherwise for reasons that cannot be told.
    var unknown: Denial.Key?
    /// The first rule before what denies them that may lead past it for such reasons.
    var escape: Denial.Key?
    /// The place for an exception; not nil if there is a default.
    var place: Walk.Place?
    /// Places before that which serve as well.
    var equivalents: [Walk.Place] = []
    /// The reason for making none.
    var obstacle: String?
}

/// Finds the default of a base chain for one class of packets, what is denied explicitly, and where an exception belongs.
struct DefaultSearch {
    let index: RulesetIndex
    let sharing: ChainSharing
    let base: Chain
    let direction: Direction
    let interface: Interface?
    let state: PacketState

    /// The ways of packets by which it is told what a denial singles out.
    private let other: Walk
    private let unicast: Walk
    private let tcp: Walk

    init(
        _ index: RulesetIndex, _ sharing: ChainSharing, _ base: Chain, _ direction: Direction,
        on interface: Interface?, _ state: PacketState
    ) {
        self.index = index
        self.sharing = sharing
        self.base = base
        self.direction = direction
        self.interface = interface
        self.state = state
        func walk(_ kind: PacketClass.Kind) -> Walk {
            let packets = PacketClass(kind, direction, on: interface)
            return Walk(Evaluator(packets: packets, index: index), through: base, state)
        }
        other = walk(.anyProtocol)
        unicast = walk(.unicast)
        tcp = walk(.tcp)
    }

    /// What becomes of packets of a class, and of those parts of it that conditions on the other host spare; and what
    /// the chain makes of the packet.
    func fates(of packets: PacketClass) -> (fates: [ChainFate], state: PacketState) {
        let first = walk(packets)
        var fates = [fate(packets, first)]
        // A rule for "not from network N" splits the class: hosts outside N meet it, hosts inside go on to a default too.
        let splits = first.steps.filter { step in
            step.meaning.match == .likely && step.meaning.passed.contains(.peer)
                && step.meaning.ending != .none
                && step.meaning.ending != .accept
        }
        for split in splits.prefix(6) {
            let other = walk(packets, avoiding: Denial.Key(chain: split.chain, rule: split.index))
            fates.append(fate(packets, other))
        }
        return (fates, first.state)
    }

    private func walk(_ packets: PacketClass, avoiding: Denial.Key? = nil) -> Walk {
        var common = other.keys
        if packets.isGroup { common.formIntersection(unicast.keys) }
        return Walk(
            Evaluator(packets: packets, index: index), through: base, state, stoppingAt: common,
            avoiding: avoiding)
    }

    private func fate(_ packets: PacketClass, _ walk: Walk) -> ChainFate {
        var fate = found(packets, walk)
        if let denial = fate.explicitly {
            fate.before = Set(
                walk.steps.prefix(denial.step + 1).map { Walk.Place(chain: $0.chain, index: $0.index) })
        }
        return fate
    }

    private func found(_ packets: PacketClass, _ walk: Walk) -> ChainFate {
        var fate = ChainFate()
        if case .unclear(let reason) = walk.outcome { fate.obscurity = reason }
        fate.unknown = walk.unknown
        var singled: [Denial] = []
        for denial in walk.denials {
            guard singlesOut(denial, packets, walk) else {
                fate.byDefault = denial
                break
            }
            singled.append(denial)
        }
        guard let denial = fate.byDefault else {
            fate.explicitly = singled.first
            fate.escape = singled.first.flatMap { walk.escape(from: $0) }
            return fate
        }
        let search = PlaceSearch(walk, index, sharing, direction) { isSpelledOut($0) }
        var start = search.start(of: denial)
        switch search.place(for: denial) {
        case .place(let place, let step):
            fate.place = place
            start = step
            let last = singled.last { $0.step < step }
            fate.equivalents = search.equivalents(of: place, denial, from: last.map { $0.step + 1 } ?? 0)
        case .none(let reason): fate.obstacle = reason
        }
        fate.explicitly = singled.first { $0.step < start }
        fate.escape = walk.escape(from: fate.explicitly ?? denial)
        return fate
    }

    /// Whether it denies by protocol, port or the like what others of its interface are not denied by.
    private func singlesOut(_ denial: Denial, _ packets: PacketClass, _ walk: Walk) -> Bool {
        if !denial.facets.isDisjoint(with: [.port, .user, .rate, .ordinary]) { return true }
        guard packets.isGroup, !unicast.keys.contains(denial.key) else {
            return singlesOutProtocol(denial, walk)
        }
        // Rules for one address type each may be what is left of one rule for several.
        if let twin = twin(of: denial, walk) { return singlesOutProtocol(twin, unicast) }
        if singlesOutProtocol(denial, walk) { return true }
        return denial.facets.contains(.audience)
            || denials(of: walk, behind: denial).contains { unicast.keys.contains($0.key) }
    }

    private func singlesOutProtocol(_ denial: Denial, _ walk: Walk) -> Bool {
        if other.keys.contains(denial.key) { return false }
        let isByProtocol =
            denial.facets.contains(.transport) || other.isAccepted
            || denials(of: walk, behind: denial).contains { other.keys.contains($0.key) }
        // Where some of UDP was let through before, the rest of it is denied by default.
        return isByProtocol && !isOfZone(denial, walk)
    }

    private func denials(of walk: Walk, behind denial: Denial) -> ArraySlice<Denial> {
        walk.denials.drop { $0 != denial }.dropFirst()
    }

    /// The denial of packets to this host that a neighbouring rule is, and that is the same but for the address type.
    private func twin(of denial: Denial, _ walk: Walk) -> Denial? {
        let way = walk.way(to: denial)
        let evaluator = Evaluator(
            packets: PacketClass(.discovery, direction, on: interface), index: index)
        return unicast.denials.first { candidate in
            let other = unicast.way(to: candidate)
            guard let parting = way.indices.first(where: { $0 < other.count && way[$0] != other[$0] }),
                way[parting].chain == other[parting].chain,
                way[parting...].dropFirst().elementsEqual(other[parting...].dropFirst())
            else { return false }
            let (first, last) = (way[parting].index, other[parting].index)
            let rules = (index.rules[way[parting].chain] ?? [])[min(first, last)...max(first, last)]
            return rules.allSatisfy {
                isByAudience($0, to: way[parting...].dropFirst().first?.chain, evaluator)
            }
        }
    }

    /// Whether a rule is about address types alone, and denies or leads to this chain whatever it is about.
    private func isByAudience(_ rule: Rule, to chain: ChainName?, _ evaluator: Evaluator) -> Bool {
        var state = state
        let meaning = evaluator.meaning(of: rule, &state)
        let endings = meaning.branches.isEmpty ? [meaning.ending] : meaning.branches
        return meaning.passed.union(meaning.failed).isSubset(of: [.family, .state, .audience])
            && endings.allSatisfy { ending in
                switch ending {
                case .none, .drop, .reject: true
                case .jump(let target), .goto(let target): target == chain?.name
                default: false
                }
            }
    }

    /// Whether some of what it would deny was let through before: then it denies the rest by default.
    private func isOfZone(_ denial: Denial, _ walk: Walk) -> Bool {
        if walk.acceptsSome(before: denial.step) { return true }
        return tcp.denials.contains { beside in
            beside.chain == denial.chain && beside.index == denial.index
                && tcp.acceptsSome(before: beside.step)
        }
    }

    /// Whether TCP is denied beside it in the same way, so that both are parts of one default.
    private func isSpelledOut(_ denial: Denial) -> Bool {
        tcp.denials.contains { beside in
            guard !other.keys.contains(beside.key), beside.chain == denial.chain else { return false }
            let (first, last) = (min(beside.index, denial.index), max(beside.index, denial.index))
            let rules = (index.rules[denial.chain] ?? [])[first...last]
            let packets = PacketClass(.service(port: nil), direction, on: interface)
            let evaluator = Evaluator(packets: packets, index: index)
            return rules.allSatisfy { rule in
                var state = state
                let ending = evaluator.meaning(of: rule, &state).ending
                return ending.denies || ending == .none
            }
        }
    }
}

extension Walk {
    var isAccepted: Bool { outcome == .accepted && denials.isEmpty }

    /// Whether a rule before this step lets some ports or hosts of the protocol pass, itself or by a chain that it leads
    /// to.
    func acceptsSome(before end: Int) -> Bool {
        var seen: Set<ChainName> = []
        return steps.prefix(end).contains { step in
            acceptsSome(step.meaning, in: step.chain.table, passed: step.scope, failed: [], &seen)
        }
    }
}
