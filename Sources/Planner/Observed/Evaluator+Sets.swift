// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Evaluator {
    /// Adds the condition that the key, in the registers from `from` on, is in a set or, if inverted, is not.
    func lookUp(_ set: String, _ isInverted: Bool, _ from: UInt8, _ run: inout RuleEvaluation) {
        // An earlier rule has added this packet's key to the set.
        if run.state.setsAddedTo.contains(SetName(run.table, set)) {
            return run.require(isInverted ? .unlikely : .likely, run.registers.whole(from).facets)
        }
        guard let contents = index.contents(set, in: run.table) else {
            // A set that was not read is assumed to contain no stranger.
            let facets = run.registers.whole(from).facets
            guard facets.contains(.peer) else { return requireUnknown(&run) }
            return run.require(isInverted ? .likely : .unlikely, facets)
        }
        let key = run.registers.get(from, Int(clamping: contents.keyLength))
        if !contents.canEvaluate(key) {
            // The set is too large to be read: a stranger's address is assumed not to be in it.
            guard key.facets.contains(.peer) else { return run.require(.unlikely, .other) }
            return run.require(isInverted ? .likely : .unlikely, key.facets)
        }
        guard let entries = contents.entries else {
            guard key.facets.contains(.peer) || key.isOfReceiver else { return requireUnknown(&run) }
            return run.require(isInverted ? .likely : .unlikely, key.facets)
        }
        var truth = Truth.no
        var share = 0.0
        let ranges = run.registers.parts(from, key.count).map(\.range)
        for element in Elements(entries, of: contents) {
            switch element.contains(key) {
            case .yes: truth = .yes
            case .likely where truth != .yes: truth = .likely
            case .unlikely where truth == .no: truth = .unlikely
            default: break
            }
            if truth == .yes { break }
            share += element.share(of: key, in: ranges)
        }
        if truth == .unlikely, share > 0.5 { truth = .likely }
        // Packets may add elements, and elements may time out at any moment.
        if contents.changesByItself, truth == .yes { truth = .unlikely }
        if contents.changesByItself, truth == .no, !isInverted || key.facets.contains(.peer) {
            truth = .unlikely
        }
        if contents.changesUnpredictably(for: key), truth == .unlikely {
            return run.require(.unlikely, .other)
        }
        if !truth.forStranger, !isInverted {
            let reasons = reasons(key, from, contents, run)
            run.meaning.passed.formUnion(reasons.passed)
            return run.require(truth, reasons.failed)
        }
        let result = isInverted ? truth.inverted : truth
        var condition = key
        if result.forStranger, let ports = ports(of: entries, in: contents, key, from, run) {
            condition.facets = key.facets.subtracting(.port).union(
                (isInverted ? ports.complement : ports).facets)
        }
        run.require(result, of: condition)
    }

    /// The ports that, with the rest of the key, are in some of the elements; nil if the key has not exactly one port.
    private func ports(
        of entries: [SetEntry], in contents: SetContents, _ key: Bits, _ from: UInt8, _ run: RuleEvaluation,
        where isCounted: (SetEntry) -> Bool = { _ in true }
    ) -> PortSet? {
        guard key.facets.contains(.port), !key.isReduced else { return nil }
        let parts = run.registers.parts(from, key.count)
        let portParts = parts.filter { $0.facets.contains(.port) }
        guard portParts.count == 1, let range = portParts.first?.range, range.count >= 2 else { return nil }
        let bytes = range.prefix(2)
        let others = parts.filter { !$0.facets.contains(.port) }.map(\.range)
        return PortSet(
            Elements(entries, of: contents).flatMap { element -> [ClosedRange<Int>] in
                guard !element.isCatchAll, isCounted(element.entry), bytes.upperBound <= element.low.count,
                    others.allSatisfy({ element.contains(key, in: $0).forStranger })
                else { return [] }
                let (low, high) = (Array(element.low[bytes]), element.high.map { Array($0[bytes]) })
                return PortSet(from: low, to: high ?? low)?.ranges ?? []
            })
    }

    /// The properties that are the same for all packets of a class.
    private static let classFacets: Facets = [.transport, .family, .state]

    /// The parts of a key that consist of ``classFacets`` only, or of an interface that is known.
    private func classParts(
        in parts: [(range: Range<Int>, facets: Facets)]
    ) -> [(range: Range<Int>, facets: Facets)] {
        let known = packets.interface == nil ? Self.classFacets : Self.classFacets.union(.interface)
        return parts.filter { !$0.facets.isEmpty && $0.facets.isSubset(of: known) }
    }

    /// For a key that is not in a set: the properties that some element has in common with it, and those that differ. A set
    /// of protocols with ports may contain only other protocols, or other ports of this one.
    private func reasons(
        _ key: Bits, _ from: UInt8, _ contents: SetContents, _ run: RuleEvaluation
    ) -> (passed: Facets, failed: Facets) {
        let common = classParts(in: run.registers.parts(from, key.count))
        let facets = common.reduce(Facets()) { $0.union($1.facets) }
        guard !common.isEmpty, facets != key.facets, let entries = contents.entries else {
            return ([], key.facets)
        }
        let isInCommon = Elements(entries, of: contents).contains { element in
            common.allSatisfy { element.contains(key, in: $0.range) != .no }
        }
        return isInCommon ? (facets, key.facets.subtracting(facets)) : ([], facets)
    }

    /// The element of a map that a stranger's key selects, and the certainty of that.
    private func find(_ contents: SetContents, _ key: Bits) -> (truth: Truth, entry: SetEntry?) {
        guard let entries = contents.entries, !contents.changesByItself, contents.canEvaluate(key) else {
            return (.unlikely, nil)
        }
        var found: (truth: Truth, entry: SetEntry?) = (.no, nil)
        var catchAll: SetEntry?
        for element in Elements(entries, of: contents) {
            if element.isCatchAll {
                catchAll = element.entry
                continue
            }
            switch element.contains(key) {
            case .yes: return (.yes, element.entry)
            case .likely: found = (.likely, element.entry)
            case .unlikely where found.truth == .no: found = (.unlikely, nil)
            default: break
            }
        }
        if let catchAll, !found.truth.forStranger {
            return (found.truth == .no ? .yes : .likely, catchAll)
        }
        return found
    }

    /// Evaluates a verdict map with the key in the registers from `from` on; returns true when the map ends the rule.
    func followVerdictMap(_ map: String, _ from: UInt8, _ run: inout RuleEvaluation) -> Bool {
        guard let contents = index.contents(map, in: run.table) else {
            let facets = run.registers.whole(from).facets
            run.require(.unlikely, facets.isEmpty ? .other : facets)
            run.meaning.ending = .unknown
            return true
        }
        let key = run.registers.get(from, Int(clamping: contents.keyLength))
        let (truth, entry) = find(contents, key)
        let wasNo = run.meaning.match == .no
        let reasons = reasons(key, from, contents, run)
        if truth.forStranger, let entry {
            run.require(truth, facets(of: entry, contents, key, from, run))
        } else {
            run.meaning.passed.formUnion(reasons.passed)
            let isKnown = contents.canEvaluate(key) && !contents.changesUnpredictably(for: key)
            run.require(truth, isKnown || key.facets.contains(.peer) ? reasons.failed : .other)
        }
        (run.meaning.branchPassed, run.meaning.branchFacets) = reasons
        run.meaning.branches = branches(key, from, contents, run)
        let taken = truth.forStranger ? entry : nil
        let isDecided = truth == .yes || wasNo
        let others = Elements(isDecided ? [] : contents.entries ?? [], of: contents).filter { element in
            element.entry != taken && element.contains(key) != .no
        }
        run.meaning.branchesOfOthers = Set(others.compactMap { $0.entry.verdict.map { .init($0) } })
        guard truth.forStranger, let verdict = entry?.verdict else {
            run.meaning.ending = ending(ofAll: map, run.table)
            return true
        }
        run.meaning.ending = .init(verdict)
        return verdict != .continue
    }

    /// The properties that decide whether a key has the verdict of this element of a map.
    private func facets(
        of entry: SetEntry, _ contents: SetContents, _ key: Bits, _ from: UInt8, _ run: RuleEvaluation
    ) -> Facets {
        let isCatchAll = entry.key == nil
        let ports = ports(of: contents.entries ?? [], in: contents, key, from, run) {
            isCatchAll ? $0.verdict != entry.verdict : $0.verdict == entry.verdict
        }
        guard let ports else { return key.facets }
        return key.facets.subtracting(.port).union((isCatchAll ? ports.complement : ports).facets)
    }

    /// The verdicts of those elements of a map that match the properties common to the whole class.
    private func branches(
        _ key: Bits, _ from: UInt8, _ contents: SetContents, _ run: RuleEvaluation
    ) -> Set<RuleMeaning.Ending> {
        let parts = run.registers.parts(from, key.count)
        let common = classParts(in: parts)
        let hasOtherParts = common.count < parts.count
        let found = Elements(contents.entries ?? [], of: contents).filter { element in
            !hasOtherParts || common.allSatisfy { element.contains(key, in: $0.range) != .no }
        }
        return Set(found.compactMap { $0.entry.verdict.map { .init($0) } })
    }

    /// The combined verdict of a map: drop if all elements drop, accept if one of them accepts, else unknown.
    func ending(ofAll map: String, _ table: TableName) -> RuleMeaning.Ending {
        guard let contents = index.contents(map, in: table), contents.queriedKeys == nil,
            let entries = contents.entries
        else { return .unknown }
        let verdicts = entries.compactMap(\.verdict)
        if let first = verdicts.first, first != .continue, verdicts.allSatisfy({ $0 == first }) {
            return .init(first)
        }
        return verdicts.contains(.accept) ? .accept : .unknown
    }

    /// Loads the datum that a map has for the key in the registers from `from` on.
    func mapDatum(_ map: String, _ from: UInt8, _ to: UInt8, _ run: inout RuleEvaluation) {
        guard let contents = index.contents(map, in: run.table) else {
            return run.registers.put(Bits(unknown: 16, .other), at: to)
        }
        let key = run.registers.get(from, Int(clamping: contents.keyLength))
        let (truth, entry) = find(contents, key)
        run.require(truth, key.facets)
        let datum = entry?.data.map { Bits(known: $0, key.facets) }
        run.registers.put(datum ?? Bits(unknown: 16, key.facets), at: to)
    }

    /// Evaluates the named limit, quota or other object that a map has for the key in the registers from `from` on.
    func objectMap(_ map: String, _ from: UInt8, _ run: inout RuleEvaluation) {
        guard let contents = index.contents(map, in: run.table) else { return run.require(.unlikely, .other) }
        let key = run.registers.get(from, Int(clamping: contents.keyLength))
        let (truth, entry) = find(contents, key)
        run.require(truth, key.facets)
        if let name = entry?.object,
            index.ruleset.invertedObjects.contains(SetName(run.table, name))
        {
            run.require(.unlikely, .rate)
        }
    }
}

extension SetContents {
    /// True if enough elements were read to look the key up.
    fileprivate func canEvaluate(_ key: Bits) -> Bool {
        guard let queriedKeys else { return true }
        if key.isKnown { return queriedKeys.contains(key.bytes) }
        return isOfBlocklist && queriedKeys.contains(key.lowest) && queriedKeys.contains(key.highest)
    }

    /// True if the set may get or lose the key at any moment. That it gets the mark or an address of a stranger's packet is
    /// not expected.
    fileprivate func changesUnpredictably(for key: Bits) -> Bool {
        changesByItself && key.facets.isDisjoint(with: [.peer, .mark]) && !key.isOfReceiver
    }
}

extension Bits {
    /// True for an address of the receiver alone: of this host, or of a group.
    fileprivate var isOfReceiver: Bool { facets == .receiver && count == 4 }
}

extension Sequence where Element == UInt8 {
    /// The lower bound of a range of ports, with 1 replaced by 0. No packet has port 0, so both bounds mean the same.
    var withoutPortZero: [UInt8] { elementsEqual([0, 1]) ? [0, 0] : Array(self) }
}

/// The elements of a set, intervals joined from their two ends.
struct Elements: Sequence, IteratorProtocol {
    /// One element.
    struct Element {
        let entry: SetEntry
        /// The first key, or the only one; empty for the catch-all element.
        let low: [UInt8]
        /// The last key, included; nil for a single key.
        let high: [UInt8]?
        /// The lengths, in bytes, of the fields of a concatenation with ranges; empty for other elements.
        let fields: [UInt32]

        /// True for the element `*`, which contains every key that no other element contains.
        var isCatchAll: Bool { entry.key == nil }

        /// True if the element contains the key.
        func contains(_ key: Bits) -> Truth {
            if isCatchAll { return .yes }
            guard let high else { return key.equals(low) }
            if fields.isEmpty { return key.isWithin(low, high) }
            return parts(of: key).reduce(Truth.yes) { truth, part in
                truth == .no ? .no : truth.and(key[part].isWithin(Array(low[part]), Array(high[part])))
            }
        }

        /// True if the element contains keys with these bytes of the key.
        func contains(_ key: Bits, in range: Range<Int>) -> Truth {
            if isCatchAll { return .yes }
            guard range.upperBound <= low.count, range.upperBound <= key.count else { return .unlikely }
            guard let high, range.upperBound <= high.count else {
                return key[range].equals(Array(low[range]))
            }
            return key[range].isWithin(Array(low[range]), Array(high[range]))
        }

        /// The fraction, 0 to 1, of the keys possible for a stranger that the element contains. The ranges are the parts of
        /// the key that are numbers.
        func share(of key: Bits, in ranges: [Range<Int>]) -> Double {
            ranges.reduce(1) { share, range in
                guard range.upperBound <= low.count, range.upperBound <= key.count else { return share }
                let high = high.map { Array($0[range]) } ?? Array(low[range])
                return share * key[range].strangerShare(within: low[range].withoutPortZero, high)
            }
        }

        /// The byte range of each field of a concatenation. Each field begins at a multiple of 4 bytes.
        private func parts(of key: Bits) -> [Range<Int>] {
            var offset = 0
            return fields.compactMap { length in
                let start = offset
                offset += (Int(clamping: length) + 3) / 4 * 4
                let end = start + Int(clamping: length)
                return end <= key.count && end <= low.count ? start..<end : nil
            }
        }
    }

    private let entries: [SetEntry]
    private let contents: SetContents
    private var position = 0

    /// The entries of an interval set must be sorted.
    init(_ entries: [SetEntry], of contents: SetContents) {
        self.contents = contents
        self.entries = entries
    }

    mutating func next() -> Element? {
        while position < entries.count {
            let entry = entries[position]
            position += 1
            if entry.isIntervalEnd { continue }
            guard let key = entry.key else {
                return Element(entry: entry, low: [], high: nil, fields: [])
            }
            if let end = entry.keyEnd {
                return Element(entry: entry, low: key, high: end, fields: contents.fields)
            }
            guard contents.isInterval, contents.fields.isEmpty else {
                return Element(entry: entry, low: key, high: nil, fields: [])
            }
            return Element(entry: entry, low: key, high: end(after: key), fields: [])
        }
        return nil
    }

    /// The last key of an interval: the one before the key of the next entry.
    private func end(after key: [UInt8]) -> [UInt8] {
        guard position < entries.count, let bound = entries[position].key else {
            return key.map { _ in 0xFF }
        }
        // Subtract 1 from the number in network byte order.
        var end = bound
        for index in end.indices.reversed() {
            if end[index] > 0 {
                end[index] -= 1
                break
            }
            end[index] = 0xFF
        }
        return end
    }
}
