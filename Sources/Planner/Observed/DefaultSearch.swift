// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The fate of the packets of one class in a base chain: denied by default, denied explicitly, or neither.
struct ChainFate {
    /// The denial of all remaining packets; nil when there is none.
    var defaultDenial: Denial?
    /// The explicit denial before any default: a decision of the administrator.
    var explicitDenial: Denial?
    /// The places before the denial, where an exception for other packets of the row accepts these packets too. Filled
    /// for an explicit denial, for a part of the class, and for a default with an ``obstacle`` (in the base chain only).
    var placesBefore: Set<Walk.Place> = []
    /// The reason why the fate is unknown; nil if it is known.
    var unknownReason: String?
    /// The rule that the fate is unknown behind; nil if no rule has caused that.
    var stoppingRule: Denial.Key?
    /// The first rule with a condition that cannot be evaluated and that may change the fate.
    var undecidedRule: Denial.Key?
    /// The first rule before the denial with a condition that cannot be evaluated and that may lead past the denial.
    var bypassingRule: Denial.Key?
    /// The place for an exception; not nil if there is a default that an exception can stand before.
    var place: Walk.Place?
    /// True when packets of other directions come to the place too.
    var isPlaceShared = false
    /// The step of the walk that ``place`` is in front of.
    var step: Int?
    /// Earlier places that serve as well as ``place``.
    var equivalents: [Walk.Place] = []
    /// The reason why no exception can be made; nil if one can.
    var obstacle: String?
    /// The place that was found, and is not used because of ``obstacle``.
    var withheldPlace: Walk.Place?
    /// The chains that the packets enter before the default.
    var enteredChains: Set<ChainName> = []
    /// True for the packets of a zone (``SourcePart/Zone``).
    var isOfZone = false

    /// Takes the place from the fate, for this reason.
    mutating func withholdPlace(_ reason: String?) {
        withheldPlace = place
        (place, step, equivalents, isPlaceShared) = (nil, nil, [], false)
        obstacle = reason
    }
}

/// Finds, for one class of packets, the default of a base chain, the explicit denial before it and the place
/// of an exception.
struct DefaultSearch {
    let index: RulesetIndex
    let sharing: ChainReachability
    let base: Chain
    let direction: Direction
    let interface: Interface?
    let state: PacketState
    /// The part of the packets that is examined.
    let part: SourcePart

    /// The denials that strangers' packets of the class meet; filled only while another part of the class is examined.
    private var strangerKeys: Set<Denial.Key> = []

    /// Walks of other classes of packets. A denial that these packets meet too is not about the examined class alone.
    let anyProtocol: Walk
    private let unicast: Walk
    let tcp: Walk

    init(
        _ index: RulesetIndex, _ sharing: ChainReachability, _ base: Chain, _ direction: Direction,
        on interface: Interface?, _ state: PacketState, part: SourcePart = .stranger
    ) {
        self.part = part
        self.index = index
        self.sharing = sharing
        self.base = base
        self.direction = direction
        self.interface = interface
        self.state = state
        func walk(_ kind: PacketClass.Kind) -> Walk {
            let packets = PacketClass(kind, direction, on: interface).from(part)
            return Walk(
                Evaluator(packets: packets, index: index), through: base, state, taking: part.zone)
        }
        anyProtocol = walk(.anyProtocol)
        unicast = walk(.unicast)
        tcp = walk(.tcp)
    }

    /// The maximum number of zones, and of networks that rules exclude, that are examined: each takes further walks.
    static let mostParts = 16

    /// The fates of a class of packets: first of strangers' packets, then of the parts that conditions on the remote
    /// host exclude. `walk` is the walk of strangers, `state` the state in which their packets leave the chain.
    func fates(of packets: PacketClass) -> (fates: [ChainFate], walk: Walk, state: PacketState) {
        let stranger = walk(packets)
        var fates = [fate(packets, stranger)]
        // A rule for "not from network N" splits the class: hosts outside N match it, hosts inside reach a default too.
        let splits = stranger.steps.filter { step in
            step.meaning.match == .likely && step.meaning.passed.contains(.peer)
                && step.meaning.ending != .none
                && step.meaning.ending != .accept
        }
        for split in splits.prefix(Self.mostParts) {
            let key = Denial.Key(chain: split.chain, rule: split.index)
            let excluded = walk(packets, avoiding: key)
            let part = fate(packets, excluded)
            if let place = fates[0].place, isDenied(excluded, behind: place, part, besides: key) {
                withhold(
                    &fates[0], stranger,
                    "an exception would bypass denials of the addresses that a rule for all others spares")
            }
            fates.append(part)
        }
        if let denial = denialByParts(packets, besides: stranger) {
            fates[0].defaultDenial = denial
            withhold(&fates[0], stranger, "rules deny all remote hosts, part by part")
        }
        let zones = zones(of: stranger)
        for zone in zones.prefix(Self.mostParts) {
            let search = DefaultSearch(
                index, sharing, base, direction, on: interface, state, part: .zone(zone))
            fates.append(search.fate(ofPart: packets, besides: stranger, fates).fate)
        }
        if zones.count(where: { $0.ending != .return }) > Self.mostParts {
            fates.append(
                ChainFate(
                    defaultDenial: fates.first?.defaultDenial,
                    obstacle: "the rules tell more than \(Self.mostParts) zones apart", isOfZone: true))
        }
        // Packets that an exception accepts leave the chain before the default's rules can change them.
        let exceptionStep = fates.first.flatMap(\.step)
        return (fates, stranger, exceptionStep.map { stranger.state(before: $0) } ?? stranger.state)
    }

    /// The fate of the examined part of a class whose strangers take the walk `stranger` and have the fates `others`.
    /// An exception for the part is made only where it opens nothing more to strangers.
    func fate(
        ofPart packets: PacketClass, besides stranger: Walk, _ others: [ChainFate]
    ) -> (fate: ChainFate, state: PacketState) {
        var search = self
        search.strangerKeys = stranger.keys
        let packets = packets.from(part)
        let walk = search.walk(packets)
        var fate = search.fate(packets, walk)
        fate.isOfZone = part.zone != nil
        let state = fate.step.map { walk.state(before: $0) } ?? walk.state
        guard let denial = fate.defaultDenial else { return (fate, state) }
        if fate.explicitDenial == nil {
            fate.placesBefore = Set(
                walk.steps.prefix(denial.step).map { Walk.Place(chain: $0.chain, index: $0.index) })
            fate.placesBefore.insert(Walk.Place(chain: denial.chain, index: denial.index))
        }
        if let place = fate.place, !others.contains(where: { $0.place == place }),
            stranger.steps.contains(where: { $0.chain == place.chain && $0.index >= place.index }),
            !opensNothingMore(place, for: stranger, others.first)
        {
            fate.withholdPlace("an exception here would also be one for other sources")
        }
        return (fate, state)
    }

    /// True if strangers get an exception of their own behind `place`, and in between nothing is denied to them or to
    /// others, except by defaults of zones.
    private func opensNothingMore(_ place: Walk.Place, for stranger: Walk, _ fate: ChainFate?) -> Bool {
        guard let end = fate?.step, fate?.explicitDenial == nil,
            let start = stranger.steps.firstIndex(where: {
                $0.chain == place.chain && $0.index == place.index
            }),
            start < end
        else { return false }
        let search = PlaceSearch(stranger, index, sharing, direction, permitsConditions: false) {
            isPerProtocol($0, stranger)
        }
        return (start..<end).allSatisfy { number in
            search.mayBeBypassed(number) || deniesRestOfPeers(stranger.steps[number])
        }
    }

    /// True if the rule of a step denies what rules before it, for the same remote hosts, do not accept.
    func deniesRestOfPeers(_ step: Walk.Step) -> Bool {
        step.meaning.ending.denies
            && sharing.rulesBehindAccepted(in: step.chain, direction).contains(step.index)
    }

    /// The walk of a class of packets, which ends at the first denial that packets of every protocol meet.
    func walk(_ packets: PacketClass, avoiding: Denial.Key? = nil) -> Walk {
        var common = anyProtocol.keys
        if packets.isGroup { common.formIntersection(unicast.keys) }
        return Walk(
            Evaluator(packets: packets, index: index), through: base, state, stoppingAt: common,
            avoiding: avoiding, taking: part.zone)
    }

    /// The fate of the packets of a class that take this walk.
    private func fate(_ packets: PacketClass, _ walk: Walk) -> ChainFate {
        var fate = denialsAndPlace(packets, walk)
        if let denial = fate.explicitDenial {
            fate.placesBefore = Set(
                walk.steps.prefix(denial.step + 1).map { Walk.Place(chain: $0.chain, index: $0.index) })
            fate.placesBefore.insert(Walk.Place(chain: denial.chain, index: denial.index))
        }
        if let denial = fate.defaultDenial {
            if fate.explicitDenial == nil, fate.obstacle != nil {
                fate.placesBefore = placesInBase(walk, before: denial)
            }
            fate.enteredChains = Set(walk.steps.prefix(denial.step).compactMap(\.enteredChain))
        }
        return fate
    }

    func placesInBase(_ walk: Walk, before denial: Denial) -> Set<Walk.Place> {
        Set(
            walk.steps.prefix(denial.step).filter { $0.chain == base.name }
                .map { Walk.Place(chain: $0.chain, index: $0.index) })
    }

    /// The fate without ``ChainFate/placesBefore`` and ``ChainFate/enteredChains``.
    private func denialsAndPlace(_ packets: PacketClass, _ walk: Walk) -> ChainFate {
        var fate = ChainFate()
        if case .unclear(let reason) = walk.outcome {
            (fate.unknownReason, fate.stoppingRule) = (reason, walk.stoppingRule)
        }
        fate.undecidedRule = walk.undecidedRule
        var explicitDenials: [Denial] = []
        for denial in walk.denials {
            guard isSelective(denial, packets, walk) else {
                fate.defaultDenial = denial
                break
            }
            explicitDenials.append(denial)
            if isForPartOnly(denial) { break }
        }
        guard let denial = fate.defaultDenial else {
            fate.explicitDenial = explicitDenials.first
            fate.bypassingRule = explicitDenials.first.flatMap { walk.bypassingRule(of: $0) }
            return fate
        }
        let search = PlaceSearch(
            walk, index, sharing, direction, permitsConditions: sharing.isNative(base.name.table)
        ) { isPerProtocol($0, walk) }
        var start = search.start(of: denial)
        switch search.place(for: denial) {
        case .place(let place, let step, let isShared):
            fate.isPlaceShared = isShared
            fate.place = place
            fate.step = step
            start = step
            let last = explicitDenials.last { $0.step < step }
            fate.equivalents = search.equivalents(of: place, denial, from: last.map { $0.step + 1 } ?? 0)
        case .none(let reason): fate.obstacle = reason
        }
        fate.explicitDenial = explicitDenials.first { $0.step < start }
        fate.bypassingRule = walk.bypassingRule(of: fate.explicitDenial ?? denial)
        return fate
    }

    /// Returns true if the denial is explicit: it depends on a protocol, a port or the like, and does not deny all
    /// remaining packets of the interface.
    private func isSelective(_ denial: Denial, _ packets: PacketClass, _ walk: Walk) -> Bool {
        if !denial.facets.isDisjoint(with: [.port, .user, .rate, .ordinary]) { return true }
        if isForPartOnly(denial), !isDefaultOfZone(denial, walk) { return true }
        if selectsByFamily(denial, walk) { return true }
        guard packets.isGroup, !unicast.keys.contains(denial.key) else {
            return selectsByProtocol(denial, walk)
        }
        // A default may consist of one rule for each address type: then its rule for unicast packets decides.
        if let counterpart = unicastCounterpart(of: denial, walk) {
            return selectsByProtocol(counterpart, unicast)
        }
        if selectsByProtocol(denial, walk) { return true }
        return denial.facets.contains(.receiver)
            || denials(of: walk, behind: denial).contains { unicast.keys.contains($0.key) }
    }

    /// True if the denial applies only to the sources of the examined part.
    private func isForPartOnly(_ denial: Denial) -> Bool {
        !part.isStranger && denial.facets.contains(.peer) && !strangerKeys.contains(denial.key)
    }

    /// True if a rule before the denial that only the examined sources meet accepts some of their UDP or TCP packets.
    private func isDefaultOfZone(_ denial: Denial, _ walk: Walk) -> Bool {
        func acceptsSome(_ walk: Walk, before step: Int) -> Bool {
            walk.acceptsSome(before: step) { $0.scope.contains(.peer) }
        }
        if walk.steps.indices.contains(denial.step), deniesRestOfPeers(walk.steps[denial.step]) {
            return true
        }
        return acceptsSome(walk, before: denial.step)
            || tcp.denials.contains { tcpDenial in
                tcpDenial.chain == denial.chain && tcpDenial.index == denial.index
                    && acceptsSome(tcp, before: tcpDenial.step)
            }
    }

    func denials(of walk: Walk, behind denial: Denial) -> ArraySlice<Denial> {
        walk.denials.drop { $0 != denial }.dropFirst()
    }

    /// The denial of unicast packets that corresponds to a denial of group packets: a neighbouring rule that
    /// differs only in its address type, with the same chains behind it.
    private func unicastCounterpart(of denial: Denial, _ walk: Walk) -> Denial? {
        let path = walk.path(to: denial)
        let evaluator = Evaluator(
            packets: PacketClass(.discovery, direction, on: interface), index: index)
        return unicast.denials.first { candidate in
            if isByAddressType(unicast, from: denial, to: candidate)
                || isByAddressType(walk, from: candidate, to: denial)
                || walk.denials.contains(where: {
                    $0.key == candidate.key && isByAddressType(walk, from: denial, to: $0)
                })
            {
                return true
            }
            let other = unicast.path(to: candidate)
            guard let fork = path.indices.first(where: { $0 < other.count && path[$0] != other[$0] }),
                path[fork].chain == other[fork].chain
            else { return false }
            let (behind, otherBehind) = (path[fork...].dropFirst(), other[fork...].dropFirst())
            // The chains that only one of the two passes, before both come to the same rules.
            let common = zip(behind.reversed(), otherBehind.reversed()).prefix { $0 == $1 }.count
            let detours = (behind.dropLast(common) + otherBehind.dropLast(common)).map(\.chain)
            guard common > 0 || detours.isEmpty else { return false }
            let targets = Set(detours + behind.suffix(common).prefix(1).map(\.chain))
            let (first, last) = (path[fork].index, other[fork].index)
            let rules =
                (index.rules[path[fork].chain] ?? [])[min(first, last)...max(first, last)]
                + detours.flatMap { index.rules[$0] ?? [] }
            return rules.allSatisfy { isByAddressType($0, evaluator) { targets.contains($0) } }
        }
    }

    /// The properties that the conditions of a rule may depend on if it selects packets by address type.
    private static let ofAddressTypeRules: Facets = [
        .family, .state, .mark, .receiver, .interface, .transport,
    ]

    /// True if all rules that the walk meets from the rule of one denial up to another depend on address types alone.
    private func isByAddressType(_ walk: Walk, from one: Denial, to other: Denial) -> Bool {
        let before = walk.steps.prefix(other.step + 1)
        guard let start = before.firstIndex(where: { $0.key == one.key })
        else { return false }
        return before[start...].allSatisfy { step in
            let meaning = step.meaning
            if meaning.hasNoEffect { return true }
            let endings = meaning.branches.isEmpty ? [meaning.ending] : meaning.branches
            return meaning.passed.isSubset(of: Self.ofAddressTypeRules.union([.mostPorts, .peer]))
                && meaning.failed.isSubset(of: Self.ofAddressTypeRules)
                && endings.allSatisfy { ending in
                    switch ending {
                    case .none, .drop, .reject: true
                    case .jump(let target), .goto(let target):
                        meaning.match == .yes
                            || meaning.match == .no
                                && isByAddressType(ChainName(step.chain.table, target), walk.evaluator)
                    default: false
                    }
                }
        }
    }

    /// True if the rules of a chain, and of the chains that they lead to, depend on address types alone, and can only deny.
    private func isByAddressType(_ chain: ChainName, _ evaluator: Evaluator, depth: Int = 0) -> Bool {
        depth < Chain.deepestNesting
            && (index.rules[chain] ?? []).allSatisfy {
                isByAddressType($0, evaluator) { isByAddressType($0, evaluator, depth: depth + 1) }
            }
    }

    /// True if a rule depends on address types alone, and can only deny or lead to permitted chains.
    private func isByAddressType(
        _ rule: Rule, _ evaluator: Evaluator, leadingTo isPermitted: (ChainName) -> Bool
    ) -> Bool {
        var state = state
        let meaning = evaluator.meaning(of: rule, &state)
        if meaning.hasNoEffect { return true }
        let endings = meaning.branches.isEmpty ? [meaning.ending] : meaning.branches
        return meaning.passed.isSubset(of: Self.ofAddressTypeRules.union(.peer))
            && (meaning.isOfOtherProtocol
                || meaning.failed.isSubset(of: [.family, .state, .mark, .receiver, .interface]))
            && endings.allSatisfy { ending in
                switch ending {
                case .none, .drop, .reject: true
                case .jump(let target), .goto(let target): isPermitted(ChainName(rule.chain.table, target))
                default: false
                }
            }
    }
}

extension Walk.Step {
    /// The chain that the rule of the step sends a stranger's packet to; nil if there is none.
    fileprivate var enteredChain: ChainName? {
        guard meaning.match.forStranger else { return nil }
        switch meaning.ending {
        case .jump(let target), .goto(let target): return ChainName(chain.table, target)
        default: return nil
        }
    }
}
