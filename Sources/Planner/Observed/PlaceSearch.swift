// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

extension Walk {
    /// A place in front of the rule `index` of a chain, or at its end if `index` is the number of its rules.
    /// Our own rules are not counted.
    struct Place: Hashable {
        let chain: ChainName
        let index: Int
    }
}

/// Finds the place of an exception on the way to a default: directly before the rules that make up the
/// default.
struct PlaceSearch {
    enum Result {
        /// In front of the rule of this step of the walk. If the place is shared, packets of other directions come there too.
        case place(Walk.Place, step: Int, isShared: Bool)
        /// No place, for this reason.
        case none(String)
    }

    /// A point of the walk, in front of step `step`.
    private struct Point {
        var place: Walk.Place
        var step: Int
        /// The number of jumps that led from the base chain to the chain of the place.
        var depth: Int
        /// The step whose jump or goto led into the chain; nil in the base chain.
        var entry: Int?
        var isShared = false
    }

    private let walk: Walk
    private let index: RulesetIndex
    private let sharing: ChainReachability
    private let direction: Direction
    /// True if an exception may have conditions besides those of its row.
    private let permitsConditions: Bool
    /// True if a drop by protocol is one of several that together make up a default.
    private let isPerProtocol: (Denial) -> Bool

    init(
        _ walk: Walk, _ index: RulesetIndex, _ sharing: ChainReachability, _ direction: Direction,
        permitsConditions: Bool, isPerProtocol: @escaping (Denial) -> Bool
    ) {
        self.permitsConditions = permitsConditions
        self.walk = walk
        self.index = index
        self.sharing = sharing
        self.direction = direction
        self.isPerProtocol = isPerProtocol
    }

    /// The first step of the rules that make up the default.
    func start(of denial: Denial) -> Int { startOfDefault(before: point(of: denial)).step }

    func place(for denial: Denial) -> Result {
        if walk.steps.indices.contains(denial.step), deniesHostsByMap(walk.steps[denial.step]) {
            return .none("the map with its default denies certain hosts, too")
        }
        return switch outsideSharedChains(startOfDefault(before: point(of: denial))) {
        case .success(let point): .place(point.place, step: point.step, isShared: point.isShared)
        case .failure(let obstacle): .none(obstacle.reason)
        }
    }

    /// The reason why an exception cannot be made at a point.
    private struct Obstacle: Error {
        let reason: String
    }

    /// The point itself if only packets of this direction reach its chain; otherwise the point before the
    /// jump that led to the chain, and so on outwards. If an exception there would bypass a denial that is not part of
    /// the default: in a native table the point itself, marked as shared, otherwise a failure.
    private func outsideSharedChains(_ start: Point) -> Swift.Result<Point, Obstacle> {
        var point = start
        while !sharing.isExclusive(point.place.chain, to: direction) {
            let name = point.place.chain.name
            guard let entry = point.entry else {
                return .failure(Obstacle(reason: "chain \(name) also gets forwarded packets"))
            }
            let deniesAll = sharing.deniesAll(point.place.chain)
            let mayMoveOut =
                !deniesHostsByMap(walk.steps[entry])
                && (entry + 1..<point.step).allSatisfy { number in
                    mayBeBypassed(number)
                        || deniesAll && !walk.steps[number].meaning.match.forStranger
                            && !walk.singlesOutHosts(walk.steps[number])
                }
            guard mayMoveOut else {
                if permitsConditions, !sharing.isReachedSelectively(start.place.chain) {
                    point = start
                    point.isShared = true
                    return .success(point)
                }
                return .failure(
                    Obstacle(reason: "its default is in chain \(name), which other packets reach too"))
            }
            point = startOfDefault(before: self.point(before: entry))
        }
        return .success(point)
    }

    /// The effect of a step's rule on other packets.
    private func meaning(of step: Walk.Step, for packets: PacketClass) -> RuleMeaning {
        var state = walk.state(before: 0)
        let rules = index.rules[step.chain] ?? []
        return Evaluator(packets: packets, index: index).meaning(of: rules[step.index], &state)
    }

    /// True if the rule is a verdict map that denies packets of certain remote hosts or with certain marks, itself or in a
    /// chain that it leads to.
    private func deniesHostsByMap(_ step: Walk.Step) -> Bool {
        guard !step.meaning.branchFacets.isDisjoint(with: [.peer, .mark]) else { return false }
        return step.meaning.branchesOfOthers.contains { sharing.mayDeny($0, in: step.chain.table) }
    }

    private func point(of denial: Denial) -> Point {
        let isPolicy = denial.step == walk.steps.count
        return Point(
            place: Walk.Place(chain: denial.chain, index: denial.index), step: denial.step,
            depth: isPolicy ? 0 : walk.steps[denial.step].depth, entry: denial.entry)
    }

    private func point(before number: Int) -> Point {
        let step = walk.steps[number]
        return Point(
            place: Walk.Place(chain: step.chain, index: step.index), step: number, depth: step.depth,
            entry: step.entry)
    }

    /// The earliest point from which on all rules are part of the default.
    private func startOfDefault(before start: Point) -> Point {
        var point = start
        // The earliest point so far in a chain to which a jump before `point` leads; nil outside such a chain.
        var inner: Point?
        // True once the search has passed a rule that accepts protocols other than UDP and TCP: before it, only denials
        // by protocol are part of the default.
        var isByProtocol = false
        for number in (0..<start.step).reversed() {
            let step = walk.steps[number]
            if isByProtocol, step.meaning.ending.denies, !isByTransport(step) { break }
            if step.meaning.ending == .accept, walk.isOfFurtherProtocols(step),
                step.depth > point.depth || step.depth == point.depth && step.chain == point.place.chain
            {
                isByProtocol = true
                if step.depth > point.depth { continue }
            } else if step.depth < point.depth {
                // Go on before the jump that led to the chain only if every packet takes that jump: otherwise the
                // exception would also be met by packets that the default in the chain does not deny.
                guard everyPacketTakes(step) else { break }
            } else if !isPartOfDefault(step, number),
                !(step.depth > point.depth && isReturnByAddressType(step))
            {
                break
            } else if step.depth > point.depth {
                inner = self.point(before: number)
                continue
            } else if leadsByGoto(step, point) {
                guard everyPacketTakes(step) else { break }
            }
            point = self.point(before: number)
            inner = nil
        }
        if let inner, everyPacketPasses(inner, onTheWayTo: point),
            case .success(let outer) = outsideSharedChains(inner)
        {
            return outer
        }
        return point
    }

    /// True if a condition of the rule is on the protocol, and none selects packets to groups.
    private func isByTransport(_ step: Walk.Step) -> Bool {
        let passed = step.meaning.passed.union(step.scope)
        let isOfGroup = walk.evaluator.packets.isGroup && passed.contains(.receiver)
        return step.meaning.isOfOtherProtocol || step.meaning.passed.contains(.transport) && !isOfGroup
    }

    /// Returns true if every packet that reaches `point` passes `inner` before, in a chain that a jump leads to, and a
    /// denial stands between the two. Then an exception at `inner` is needed to bypass that denial.
    private func everyPacketPasses(_ inner: Point, onTheWayTo point: Point) -> Bool {
        guard walk.denials.contains(where: { inner.step..<point.step ~= $0.step }) else { return false }
        var (entry, depth) = (inner.entry, inner.depth)
        while depth > point.depth {
            guard let number = entry, walk.steps[number].meaning.match == .yes else { return false }
            (entry, depth) = (walk.steps[number].entry, walk.steps[number].depth)
        }
        return !walk.steps[inner.step..<point.step].contains { step in
            step.depth > point.depth && step.meaning.ending == .return
                && step.meaning.match != .no && step.meaning.match != .yes
        }
    }

    /// True if the jump or goto of a step has no condition, except on the family, and on interface and state where an
    /// earlier jump has that condition too.
    private func everyPacketTakes(_ step: Walk.Step) -> Bool {
        step.meaning.passed.isSubset(of: step.scope.intersection([.interface, .state]).union(.family))
    }

    /// Returns true if the step is in another chain of the same depth, from which a goto leads to this point.
    private func leadsByGoto(_ step: Walk.Step, _ point: Point) -> Bool {
        step.chain != point.place.chain
    }

    /// True if a rule returns packets selected by address type only. In a chain that the default leads to, the returned
    /// packets meet the rest of the default.
    private func isReturnByAddressType(_ step: Walk.Step) -> Bool {
        let meaning = step.meaning
        return meaning.ending == .return && !meaning.changes
            && meaning.passed.union(meaning.failed).isSubset(of: [.family, .state, .receiver])
    }

    /// The properties that a denial in a default may depend on.
    private static let permittedInDefault: Facets = [
        .family, .transport, .state, .interface, .receiver, .rate, .peer, .mark, .route, .other,
    ]
    /// The properties that a rule by address type may depend on besides the address type.
    private static let permittedBesideAddressType: Facets = [
        .family, .transport, .state, .interface, .receiver, .rate,
    ]

    /// True if step `number` is part of the default: it has no verdict (it logs, counts or limits), or denies by rate,
    /// packet type, address type or protocol.
    private func isPartOfDefault(_ step: Walk.Step, _ number: Int) -> Bool {
        let meaning = step.meaning
        if meaning.changes || deniesHostsByMap(step) { return false }
        switch meaning.ending {
        case .none: return true
        case .accept, .queue, .unknown: return false
        case .return: return meaning.match == .yes && meaning.passed.isSubset(of: [.family])
        case .jump(let target), .goto(let target):
            if meaning.match.forStranger || walk.deniesOtherProtocols(ChainName(step.chain.table, target)) {
                return true
            }
            let chain = ChainName(step.chain.table, target)
            // The same jump for another interface, or one to a chain of denials by address type there.
            if meaning.match == .no, meaning.failed == .interface,
                walk.steps.visit(chain) || (index.rules[chain] ?? []).allSatisfy(deniesByAddressTypeElsewhere)
            {
                return true
            }
            if meaning.isOfOtherProtocol, !sharing.acceptsSomething(chain) { return true }
            return (meaning.isOfOtherProtocol || isByAddressType(step)) && sharing.deniesAll(chain)
                || deniesByAddressType(chain, behind: step)
        case .drop, .reject: return isPartialDenial(step, number)
        }
    }

    /// True if a rule that does not match a stranger's packet selects packets only by packet or address type, and
    /// perhaps by state. A rule that selects by state alone (`ct state invalid drop`) is an administrator's denial.
    private func isByAddressType(_ step: Walk.Step) -> Bool {
        let meaning = step.meaning
        if meaning.match == .no, meaning.failed.contains(.interface) { return isByAddressTypeElsewhere(step) }
        return selectsByAddressType(meaning) && !isAboutOtherReceivers(step)
    }

    private func selectsByAddressType(_ meaning: RuleMeaning) -> Bool {
        meaning.failed.contains(.receiver) && meaning.failed.isSubset(of: [.receiver, .state])
            && meaning.passed.isSubset(of: Self.permittedBesideAddressType)
    }

    /// True if a rule for another interface selects packets there by packet or address type, and perhaps by state.
    private func isByAddressTypeElsewhere(_ step: Walk.Step) -> Bool {
        let packets = PacketClass(walk.evaluator.packets.kind, direction, on: nil)
        return isByAddressType(meaning(of: step, for: packets)) && !isAboutOtherReceivers(step)
    }

    /// True if a rule denies packets of other interfaces by packet or address type, and perhaps by state, or only logs.
    private func deniesByAddressTypeElsewhere(_ rule: Rule) -> Bool {
        let packets = PacketClass(walk.evaluator.packets.kind, direction, on: nil)
        var state = walk.state(before: 0)
        let meaning = Evaluator(packets: packets, index: index).meaning(of: rule, &state)
        return meaning.hasNoEffect
            || meaning.ending.denies && isByAddressType(meaning) && packets.kind != .announcement
    }

    /// True if a jump that a stranger's packet does not take leads to rules that deny packets and that, with the
    /// conditions of the jump, select them by packet or address type.
    private func deniesByAddressType(_ chain: ChainName, behind step: Walk.Step) -> Bool {
        guard walk.evaluator.packets.kind != .announcement, step.meaning.failed != .interface,
            let rules = index.rules[chain]
        else { return false }
        return rules.allSatisfy { rule in
            var state = walk.state(before: 0)
            var meaning = walk.evaluator.meaning(of: rule, &state)
            meaning.failed.formUnion(step.meaning.failed)
            meaning.passed.formUnion(step.meaning.passed)
            return meaning.hasNoEffect
                || meaning.ending.denies && meaning.branches.isEmpty && selectsByAddressType(meaning)
        }
    }

    private func isByAddressType(_ meaning: RuleMeaning) -> Bool {
        let selected = meaning.passed.union(meaning.failed)
        return selected.contains(.receiver) && selected.isSubset(of: Self.permittedBesideAddressType)
            && meaning.failed.isSubset(of: [.interface, .receiver, .state])
    }

    /// True if a rule that does not match outgoing packets to the group is about certain other receivers, to which an
    /// exception for the row would let packets pass.
    private func isAboutOtherReceivers(_ step: Walk.Step) -> Bool {
        let packets = walk.evaluator.packets
        guard packets.kind == .announcement else { return false }
        let others = PacketClass(.solicitation, direction, on: packets.interface, user: packets.user)
        let meaning = meaning(of: step, for: others)
        return meaning.match != .no && meaning.failed.contains(.peer)
    }

    /// True if a step that denies some packets is part of the default.
    private func isPartialDenial(_ step: Walk.Step, _ number: Int) -> Bool {
        let meaning = step.meaning
        guard meaning.match.forStranger else {
            if meaning.isOfOtherProtocol { return true }
            return isByAddressType(step)
        }
        guard let denial = walk.denials.first(where: { $0.step == number }),
            denial.facets.isSubset(of: Self.permittedInDefault)
        else { return false }
        if meaning.ending == .reject || !denial.facets.contains(.transport) { return true }
        return !denial.facets.isDisjoint(with: [.rate, .receiver]) || isPerProtocol(denial)
    }

    /// True if an exception in front of step `number` bypasses no explicit denial.
    func mayBeBypassed(_ number: Int) -> Bool {
        let step = walk.steps[number]
        let meaning = step.meaning
        if meaning.isOfOtherProtocol || isOfOtherDirection(step) { return true }
        if deniesHostsByMap(step) { return false }
        switch meaning.ending {
        case .none, .accept: return true
        case .jump, .goto: return meaning.match.forStranger
        case .return, .queue, .unknown: return false
        case .drop, .reject: return isPartialDenial(step, number)
        }
    }

    /// True if the rule names an interface for packets of the other direction: at input no packet fulfils `oifname "eth0"`.
    private func isOfOtherDirection(_ step: Walk.Step) -> Bool {
        guard step.meaning.match == .no, step.meaning.failed.isEmpty else { return false }
        let packets = PacketClass(walk.evaluator.packets.kind, direction, on: nil)
        return meaning(of: step, for: packets).match == .no
    }

    /// The places in the same chain, from step `first` on, that serve as well as `place`: the rules from there to `place`
    /// deny only whole other interfaces, whose packets have exceptions of their own, or may be bypassed.
    func equivalents(of place: Walk.Place, _ denial: Denial, from first: Int) -> [Walk.Place] {
        var found: [Walk.Place] = []
        guard
            let end = walk.steps.firstIndex(where: { $0.chain == place.chain && $0.index == place.index })
                ?? (denial.step == walk.steps.count ? denial.step : nil)
        else { return [] }
        for number in (min(first, end)..<end).reversed() {
            let step = walk.steps[number]
            guard step.chain == place.chain else { break }
            let meaning = step.meaning
            let mayDenyOthers =
                meaning.ending.denies && meaning.match == .no
                || meaning.match == .unlikely
                    && meaning.failed == .interface
            guard mayDenyOthers && meaning.failed == .interface || mayBeBypassed(number) && !meaning.changes
            else {
                break
            }
            found.append(Walk.Place(chain: step.chain, index: step.index))
        }
        return found
    }
}
