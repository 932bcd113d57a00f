// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Evaluator {
    func lookUp(_ set: String, _ isInverted: Bool, _ from: UInt8, _ run: inout Run) {
        // An earlier rule has added this packet's key to the set.
        if run.state.learned.contains(SetName(run.table, set)) {
            return run.require(isInverted ? .unlikely : .likely, run.registers.whole(from).facets)
        }
        guard let contents = index.contents(set, in: run.table) else {
            // A set that was not read is taken to contain no stranger.
            let facets = run.registers.whole(from).facets
            return run.require(isInverted ? .likely : .unlikely, facets.isEmpty ? .other : facets)
        }
        let key = run.registers.get(from, Int(clamping: contents.keyLength))
        guard let entries = contents.entries else {
            return run.require(isInverted ? .likely : .unlikely, key.facets)
        }
        var truth = Truth.no
        var share = 0.0
        for element in Elements(entries, of: contents) {
            switch element.contains(key) {
            case .yes: truth = .yes
            case .likely where truth != .yes: truth = .likely
            case .unlikely where truth == .no: truth = .unlikely
            default: break
            }
            if truth == .yes { break }
            share += element.share(of: key)
        }
        if truth == .unlikely, share > 0.5 { truth = .likely }
        // Elements that packets add may time out at any moment.
        if contents.changesByItself, truth == .yes { truth = .unlikely }
        if contents.changesByItself, truth == .no, !isInverted || key.facets.contains(.peer) {
            truth = .unlikely
        }
        run.require(isInverted ? truth.inverted : truth, of: key)
    }

    /// The element of a map that a stranger's key selects, and the certainty of that.
    private func find(_ contents: SetContents, _ key: Bits) -> (truth: Truth, entry: SetEntry?) {
        guard let entries = contents.entries, !contents.changesByItself else { return (.unlikely, nil) }
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

    /// Evaluates a verdict map; returns true when it ends the rule.
    func dispatch(_ map: String, _ from: UInt8, _ run: inout Run) -> Bool {
        guard let contents = index.contents(map, in: run.table) else {
            let facets = run.registers.whole(from).facets
            run.require(.unlikely, facets.isEmpty ? .other : facets)
            run.meaning.ending = .unknown
            return true
        }
        let key = run.registers.get(from, Int(clamping: contents.keyLength))
        let (truth, entry) = find(contents, key)
        run.require(truth, key.facets)
        run.meaning.branchFacets = key.facets
        run.meaning.branches = Set((contents.entries ?? []).compactMap { $0.verdict.map { .init($0) } })
        guard truth.forStranger, let verdict = entry?.verdict else {
            run.meaning.ending = ending(ofAll: map, run.table)
            return true
        }
        run.meaning.ending = .init(verdict)
        return verdict != .continue
    }

    /// The combined verdict of a map: drop if all elements drop, accept if one of them accepts, else unknown.
    func ending(ofAll map: String, _ table: TableName) -> RuleMeaning.Ending {
        guard let entries = index.contents(map, in: table)?.entries else { return .unknown }
        let verdicts = entries.compactMap(\.verdict)
        if verdicts.allSatisfy({ $0 == .drop }), !verdicts.isEmpty { return .drop }
        return verdicts.contains(.accept) ? .accept : .unknown
    }

    func mapDatum(_ map: String, _ from: UInt8, _ to: UInt8, _ run: inout Run) {
        guard let contents = index.contents(map, in: run.table) else {
            return run.registers.put(Bits(unknown: 16, .other), at: to)
        }
        let key = run.registers.get(from, Int(clamping: contents.keyLength))
        let (truth, entry) = find(contents, key)
        run.require(truth, key.facets)
        let datum = entry?.data.map { Bits(known: $0, key.facets) }
        run.registers.put(datum ?? Bits(unknown: 16, key.facets), at: to)
    }

    func objectMap(_ map: String, _ from: UInt8, _ run: inout Run) {
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

/// The elements of a set, intervals joined from their two ends.
struct Elements: Sequence, IteratorProtocol {
    /// One element.
    struct Element {
        let entry: SetEntry
        let low: [UInt8]
        /// The last key, included; nil for a single key.
        let high: [UInt8]?
        let fields: [UInt32]

        var isCatchAll: Bool { entry.key == nil }

        func contains(_ key: Bits) -> Truth {
            if isCatchAll { return .yes }
            guard let high else { return key.equals(low) }
            if fields.isEmpty { return key.isWithin(low, high) }
            return parts(of: key).reduce(Truth.yes) { truth, part in
                truth == .no ? .no : truth.and(key[part].isWithin(Array(low[part]), Array(high[part])))
            }
        }

        /// The fraction, 0 to 1, of the keys possible for a stranger that the element contains.
        func share(of key: Bits) -> Double {
            if isCatchAll { return 1 }
            let high = high ?? low
            if fields.isEmpty { return key.share(within: low, high) }
            return parts(of: key).reduce(1) { share, part in
                share * key[part].share(within: Array(low[part]), Array(high[part]))
            }
        }

        /// The byte range of each field of a concatenation; a field begins at a cell of 4 bytes.
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
