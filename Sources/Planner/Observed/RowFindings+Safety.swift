// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension RowFindings {
    /// True if an exception at `place` bypasses, on every interface or only on `some`, no rule that denies selected packets
    /// before the default.
    mutating func isSafe(
        _ place: Walk.Place, in base: Chain, _ direction: Direction, on some: Set<Interface?>? = nil
    ) -> Bool {
        let key = PlaceKey(place: place, base: base.name, direction: direction, interfaces: some)
        if let known = safePlaces[key] { return known }
        let result = findSafe(place, in: base, direction, on: some.map { Array($0) } ?? interfaces)
        safePlaces[key] = result
        return result
    }

    private func findSafe(
        _ place: Walk.Place, in base: Chain, _ direction: Direction, on examined: [Interface?]
    ) -> Bool {
        let harmless: Facets = [.interface, .receiver, .transport, .family, .state, .rate]
        // With one class of interfaces, the search for the place has ensured this.
        return interfaces.count < 2
            || examined.allSatisfy { interface in
                let walk = walk(.service(port: nil), direction, on: interface, through: base)
                let end = walk.denials.first?.step ?? walk.steps.count
                return steps(of: walk, from: place, to: end).allSatisfy { step in
                    let meaning = step.meaning
                    let isOfSome =
                        meaning.match == .unlikely && !meaning.failed.isSubset(of: harmless)
                        && !isOfNoHost(step, walk)
                    return !isOfSome || !sharing.mayDeny(meaning.ending, in: step.chain.table)
                }
            }
    }

    /// True if an exception for `rows` at `place` bypasses no denial on interfaces other than `served`, the interfaces
    /// that it is for: neither an explicit denial nor, before the default there, a rule that denies some packets.
    mutating func isSafe(
        _ place: Walk.Place, for rows: Set<Row>, in base: Chain, besides served: Set<Interface?>
    ) -> Bool {
        if interfaces.count < 2 { return true }
        let key = ServedKey(place: place, base: base.name, rows: rows, served: served)
        if let known = safeBesideOthers[key] { return known }
        let result = findSafe(place, for: rows, in: base, besides: served)
        safeBesideOthers[key] = result
        return result
    }

    private func findSafe(
        _ place: Walk.Place, for rows: Set<Row>, in base: Chain, besides served: Set<Interface?>
    ) -> Bool {
        findings.allSatisfy { finding in
            guard finding.base.name == base.name, rows.contains(finding.key.row),
                !served.contains(finding.key.interface), let fate = finding.fates.first
            else { return true }
            if fate.explicitDenial != nil, fate.placesBefore.contains(place) { return false }
            let walk = walk(
                finding.kind, finding.key.row.direction, on: finding.key.interface, through: base)
            let end = walk.steps.firstIndex { $0.chain == fate.place?.chain && $0.index == fate.place?.index }
            return !steps(of: walk, from: place, to: end ?? walk.denials.first?.step ?? walk.steps.count)
                .contains { maySomeBeDenied($0) && !isOfNoHost($0, walk) }
        }
    }

    private func walk(
        _ kind: PacketClass.Kind, _ direction: Direction, on interface: Interface?, through base: Chain
    ) -> Walk {
        Walk(
            Evaluator(packets: PacketClass(kind, direction, on: interface), index: index), through: base,
            PacketState(hook: direction.hook))
    }

    /// The steps of a walk from a place to step `end`; none if the walk does not pass the place before that step.
    private func steps(of walk: Walk, from place: Walk.Place, to end: Int) -> Slice<Walk.Steps> {
        let start = walk.steps.firstIndex { $0.chain == place.chain && $0.index >= place.index }
        return walk.steps[min(start ?? end, end)..<end]
    }

    /// True if the condition of a step on the remote host is one that no host fulfils: `ip saddr 224.0.0.0/4 drop`.
    private func isOfNoHost(_ step: Walk.Step, _ walk: Walk) -> Bool {
        step.meaning.failed == .peer && !walk.singlesOutHosts(step)
    }

    /// True if the rule of a step, or a chain that it leads to, denies some packets of the class.
    private func maySomeBeDenied(_ step: Walk.Step) -> Bool {
        let meaning = step.meaning
        // The steps in a chain that strangers' packets enter are steps of the walk too.
        let isEntered = meaning.match.forStranger && meaning.ending.entersChain
        let own = meaning.match == .no || isEntered ? [] : [meaning.ending]
        return meaning.branchesOfOthers.union(own).contains { sharing.mayDeny($0, in: step.chain.table) }
    }
}
