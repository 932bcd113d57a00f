// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

extension Walk {
    /// A rule that the packet meets.
    struct Step {
        let visit: ChainVisit
        /// The index of the rule in its chain, our own rules not counted.
        let index: Int
        let meaning: RuleMeaning

        var chain: ChainName { visit.chain }
        var depth: Int { visit.depth }
        var entry: Int? { visit.entry }
        var path: Int { visit.path }
        var scope: Facets { visit.scope }
        /// The key of a denial by this step.
        var key: Denial.Key { Denial.Key(chain: chain, rule: index, path: path) }
    }

    /// One visit of a chain, which all steps in it share.
    struct ChainVisit {
        let chain: ChainName
        /// The number of jumps that led to the chain.
        var depth = 0
        /// The step whose jump or goto led into this chain; nil in the base chain.
        var entry: Int?
        /// The path to the chain, as in ``Denial/Key/path``.
        var path = 0
        /// The properties in the conditions of the jumps and gotos that led to this chain.
        var scope: Facets = []
    }

    /// The steps in their order: twelve bytes for each, as there may be 100 000 of them and several walks at once.
    struct Steps: RandomAccessCollection {
        /// One step: the index of its rule, and the positions of the other values in ``visits`` and ``meanings``.
        private struct Packed {
            let index: Int32
            let visit: Int32
            let meaning: Int32
        }

        private var packed: [Packed] = []
        private var visits: [ChainVisit] = []
        /// The different meanings of rules, each once.
        private var meanings: [RuleMeaning] = []
        /// The position of each meaning in ``meanings``.
        private var numbers: [RuleMeaning: Int32] = [:]

        /// True if the other walk meets the same rules with the same results.
        func areEqual(to other: Steps) -> Bool {
            count == other.count
                && indices.allSatisfy { number in
                    let (one, two) = (packed[number], other.packed[number])
                    return one.index == two.index && one.visit == two.visit
                        && meanings[Int(one.meaning)] == other.meanings[Int(two.meaning)]
                }
        }

        /// True if the packet comes to the chain.
        func visit(_ chain: ChainName) -> Bool { visits.contains { $0.chain == chain } }

        var startIndex: Int { 0 }
        var endIndex: Int { packed.count }

        subscript(position: Int) -> Step {
            let step = packed[position]
            return Step(
                visit: visits[Int(step.visit)], index: Int(step.index),
                meaning: meanings[Int(step.meaning)])
        }

        /// Begins a visit of a chain and returns its number.
        mutating func enter(_ visit: ChainVisit) -> Int32 {
            visits.append(visit)
            return Int32(clamping: visits.count - 1)
        }

        mutating func append(_ index: Int, in visit: Int32, _ meaning: RuleMeaning) {
            packed.append(
                Packed(index: Int32(clamping: index), visit: visit, meaning: number(of: meaning)))
        }

        /// The number of meanings to compare with before a meaning is hashed. Most rules have one of the first few
        /// meanings, and comparing is faster than hashing.
        private static let few = 8

        private mutating func number(of meaning: RuleMeaning) -> Int32 {
            if let known = meanings.prefix(Self.few).firstIndex(of: meaning) { return Int32(known) }
            if let known = numbers[meaning] { return known }
            let number = Int32(clamping: meanings.count)
            meanings.append(meaning)
            numbers[meaning] = number
            return number
        }
    }
}
