// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Walk {
    /// In front of a rule of a chain (ours not counted); behind all of them for their count.
    struct Place: Hashable {
        let chain: ChainName
        let index: Int
    }
}

/// Finds where on the way to a default an exception belongs: directly before the rules in which it is spoken.
struct PlaceSearch {
    enum Result {
        /// In front of a rule, and of a step of the way.
        case place(Walk.Place, step: Int)
        case none(String)
    }

    /// A point on the way: in front of this step, at this depth of the way.
    private struct Point {
        var place: Walk.Place
        var step: Int
        var depth: Int
        var entry: Int?
    }

    private let walk: Walk
    private let index: RulesetIndex
    private let sharing: ChainSharing
    private let direction: Direction
    /// Whether a drop by protocol is one of several that make up a default.
    private let isSpelledOut: (Denial) -> Bool

    init(
        _ walk: Walk, _ index: RulesetIndex, _ sharing: ChainSharing, _ direction: Direction,
        isSpelledOut: @escaping (Denial) -> Bool
    ) {
        self.walk = walk
        self.index = index
        self.sharing = sharing
        self.direction = direction
        self.isSpelledOut = isSpelledOut
    }

    /// The first step of those in which the default is spoken.
    func start(of denial: Denial) -> Int { tail(from: point(of: denial)).step }

    func place(for denial: Denial) -> Result {
        switch lifted(tail(from: point(of: denial))) {
        case .success(let point): .place(point.place, step: point.step)
        case .failure(let obstacle): .none(obstacle.reason)
        }
    }

    /// The reason for which no exception can be made at a point.
    private struct Obstacle: Error {
        let reason: String
    }

    /// The point itself, or, in a chain that others come through too, one in front of the jumps that led there.
    private func lifted(_ start: Point) -> Swift.Result<Point, Obstacle> {
        var point = start
        while !sharing.isOwn(point.place.chain, direction) {
            let name = point.place.chain.name
            guard let entry = point.entry else {
                return .failure(Obstacle(reason: "chain \(name) is shared"))
            }
            let isDead = sharing.deniesAll(point.place.chain)
            let isFree = (entry + 1..<point.step).allSatisfy { number in
                isCrossable(number) || isDead && !walk.steps[number].meaning.match.forStranger
            }
            guard isFree else {
                return .failure(
                    Obstacle(reason: "its default is in chain \(name), which other chains use too"))
            }
            point = tail(from: before(entry))
        }
        return .success(point)
    }

    private func point(of denial: Denial) -> Point {
        let isPolicy = denial.step == walk.steps.count
        return Point(
            place: Walk.Place(chain: denial.chain, index: denial.index), step: denial.step,
            depth: isPolicy ? 0 : walk.steps[denial.step].depth, entry: denial.entry)
    }

    private func before(_ number: Int) -> Point {
        let step = walk.steps[number]
        return Point(
            place: Walk.Place(chain: step.chain, index: step.index), step: number, depth: step.depth,
            entry: step.entry)
    }

    /// Goes back as long as nothing but the default is spoken.
    private func tail(from start: Point) -> Point {
        var point = start
        // In a chain that everything has just come back from.
        var inner: Point?
        for number in (0..<start.step).reversed() {
            let step = walk.steps[number]
            if step.depth < point.depth {
                // The jump into this chain: only if everything takes it, so that the exception stays narrow.
                guard isTakenByAll(step) else { break }
            } else if !isPartOfDefault(step, number),
                !(step.depth > point.depth && isQuietReturn(step))
            {
                break
            } else if step.depth > point.depth {
                inner = before(number)
                continue
            } else if isGotoOut(step, point) {
                guard isTakenByAll(step) else { break }
            }
            point = before(number)
            inner = nil
        }
        if let inner, isPassed(inner, onTheWayTo: point), case .success(let free) = lifted(inner) {
            return free
        }
        return point
    }

    /// Whether a point in a chain that comes back lies on the way of all that reach a later one, with a denial between.
    private func isPassed(_ inner: Point, onTheWayTo point: Point) -> Bool {
        guard walk.denials.contains(where: { inner.step..<point.step ~= $0.step }) else { return false }
        var (entry, depth) = (inner.entry, inner.depth)
        while depth > point.depth {
            guard let number = entry, walk.steps[number].meaning.match == .yes else { return false }
            (entry, depth) = (walk.steps[number].entry, walk.steps[number].depth)
        }
        return !walk.steps[inner.step..<point.step].contains { step in
            step.depth > point.depth && step.meaning.ending == .return && step.meaning.match != .no
        }
    }

    /// Whether a jump is taken by all that come there, as far as an earlier one has not told them apart already.
    private func isTakenByAll(_ step: Walk.Step) -> Bool {
        step.meaning.passed.isSubset(of: step.scope.intersection([.interface, .state]).union(.family))
    }

    /// Whether it is a goto that led from another chain of the same depth to this point.
    private func isGotoOut(_ step: Walk.Step, _ point: Point) -> Bool {
        step.chain != point.place.chain
    }

    /// Whether a chain spares packets by type, all of which are denied behind it.
    private func isQuietReturn(_ step: Walk.Step) -> Bool {
        let meaning = step.meaning
        return meaning.ending == .return && !meaning.changes
            && meaning.passed.union(meaning.failed).isSubset(of: [.family, .state, .audience])
    }

    private static let quiet: Facets = [
        .family, .transport, .state, .interface, .audience, .rate, .peer, .mark, .route, .other,
    ]
    /// Further properties that a quiet denial may be about.
    private static let quietConditions: Facets = [.family, .transport, .state, .interface, .audience, .rate]

    /// Whether a step only says how the default denies: logs, counts, limits, or denies by rate, packet type, address
    /// type, or protocol.
    private func isPartOfDefault(_ step: Walk.Step, _ number: Int) -> Bool {
        let meaning = step.meaning
        if meaning.changes { return false }
        switch meaning.ending {
        case .none: return true
        case .accept, .queue, .unknown: return false
        case .return: return meaning.match == .yes && meaning.passed.isSubset(of: [.family])
        case .jump(let target), .goto(let target):
            if meaning.match.forStranger || walk.deniesOtherProtocols(ChainName(step.chain.table, target)) {
                return true
            }
            let isQuiet =
                meaning.isOfOtherProtocol
                || meaning.failed == .audience && meaning.passed.isSubset(of: Self.quietConditions)
            return isQuiet && sharing.deniesAll(ChainName(step.chain.table, target))
        case .drop, .reject: return isPartialDenial(step, number)
        }
    }

    private func isPartialDenial(_ step: Walk.Step, _ number: Int) -> Bool {
        let meaning = step.meaning
        guard meaning.match.forStranger else {
            if meaning.isOfOtherProtocol { return true }
            return meaning.failed == .audience
                && meaning.passed.isSubset(of: Self.quietConditions)
        }
        guard let denial = walk.denials.first(where: { $0.step == number }),
            denial.facets.isSubset(of: Self.quiet)
        else { return false }
        if meaning.ending == .reject || !denial.facets.contains(.transport) { return true }
        return !denial.facets.isDisjoint(with: [.rate, .audience]) || isSpelledOut(denial)
    }

    /// Whether an exception in front of a step takes nothing from what an administrator denies.
    private func isCrossable(_ number: Int) -> Bool {
        let step = walk.steps[number]
        let meaning = step.meaning
        if meaning.isOfOtherProtocol { return true }
        switch meaning.ending {
        case .none, .accept: return true
        case .jump, .goto: return meaning.match.forStranger
        case .return, .queue, .unknown: return false
        case .drop, .reject: return isPartialDenial(step, number)
        }
    }

    /// The places on the way to this one, from a step on, between which and it nothing is denied but whole interfaces,
    /// each of which has a default of its own.
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
            let isInterface =
                meaning.ending.denies && meaning.match == .no
                || meaning.match == .unlikely
                    && meaning.failed == .interface
            guard isInterface && meaning.failed == .interface || isCrossable(number) && !meaning.changes
            else {
                break
            }
            found.append(Walk.Place(chain: step.chain, index: step.index))
        }
        return found
    }
}
