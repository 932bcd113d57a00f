// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// A denial of a packet: a rule of a chain (our own rules not counted) or the policy of a base chain.
struct Denial: Hashable {
    /// The identity of a denial, by which denials of different walks are compared.
    struct Key: Hashable {
        let chain: ChainName
        /// The index of the rule; nil for the policy.
        let rule: Int?
        /// A hash of the rules whose jumps led there: a chain that is reached in two ways counts as two.
        var path = 0
    }

    let key: Key
    /// The step that denies; the number of steps for the policy.
    let step: Int
    /// The place of the packet at the denial: in front of rule `index` of this chain.
    let chain: ChainName
    let index: Int
    /// The step whose jump or goto led into that chain; nil in the base chain.
    let entry: Int?
    /// The properties that the denial depends on.
    let facets: Facets
    let isReject: Bool
}

/// The way of a stranger's packet through one base chain.
struct Walk {
    /// A rule that the packet meets.
    struct Step {
        let chain: ChainName
        let index: Int
        let depth: Int
        /// The step whose jump or goto led into this chain; nil in the base chain.
        let entry: Int?
        let meaning: RuleMeaning
        let path: Int
        /// The properties in the conditions of the jumps and gotos that led to this chain.
        let scope: Facets
    }

    enum Outcome: Hashable {
        case accepted
        case denied
        /// The outcome for the packet is unknown, for this reason.
        case unclear(String)
    }

    private(set) var steps: [Step] = []
    /// The denials in order, each determined as if the earlier ones did not deny.
    private(set) var denials: [Denial] = []
    private(set) var outcome = Outcome.accepted
    private(set) var state: PacketState

    private let evaluator: Evaluator
    /// Denials that packets of other classes meet too: the walk ends at the first of them.
    private let common: Set<Denial.Key>?
    /// A rule whose condition on the remote host the packet is taken not to fulfil.
    private let avoided: Denial.Key?
    /// The place at which the packet left the base chain.
    private var end: (chain: ChainName, index: Int, entry: Int?)

    /// NFT_JUMP_STACK_SIZE: the kernel refuses deeper nesting, and loops.
    static let deepest = 16
    /// The maximum number of rules that one walk evaluates.
    static let budget = 200_000

    init(
        _ evaluator: Evaluator, through base: Chain, _ state: PacketState,
        stoppingAt common: Set<Denial.Key>? = nil, avoiding avoided: Denial.Key? = nil
    ) {
        self.evaluator = evaluator
        self.state = state
        self.common = common
        self.avoided = avoided
        end = (base.name, 0, nil)
        if run(base.name, depth: 0, entry: nil, path: 0, scope: []) == .ended { return }
        guard base.base?.policy == .drop else { return }
        let key = Denial.Key(chain: base.name, rule: nil)
        denials.append(
            Denial(
                key: key, step: steps.count, chain: end.chain, index: end.index, entry: end.entry,
                facets: [], isReject: false))
        outcome = .denied
    }

    /// The first rule that cannot be evaluated and that may deny the packet or lead elsewhere.
    var unknown: Denial.Key? {
        firstUntold(before: denials.last?.step ?? steps.count) { $0 != .none && $0 != .accept }
    }

    /// The first rule before a denial that cannot be evaluated and that may lead past the denial.
    func escape(from denial: Denial) -> Denial.Key? {
        firstUntold(before: denial.step) { $0 != .none && !$0.denies }
    }

    private func firstUntold(
        before end: Int, where isWanted: (RuleMeaning.Ending) -> Bool
    ) -> Denial.Key? {
        steps.prefix(end).first { step in
            step.meaning.isUntold && isWanted(step.meaning.ending)
        }.map { Denial.Key(chain: $0.chain, rule: $0.index, path: $0.path) }
    }

    /// Returns true if a rule accepts packets of some ports or hosts, itself or in a chain to which it leads.
    /// `passed` and `failed` are the properties in the conditions of the jumps to the rule that matched and
    /// that did not.
    func acceptsSome(
        _ meaning: RuleMeaning, in table: TableName, passed: Facets, failed: Facets,
        _ seen: inout Set<ChainName>
    ) -> Bool {
        let (passed, failed) = (passed.union(meaning.passed), failed.union(meaning.failed))
        if !meaning.match.forStranger,
            acceptsSome(meaning.ending, in: table, passed: passed, failed: failed, &seen)
        {
            return true
        }
        let others = failed.union(meaning.branchFacets)
        return meaning.branches.contains {
            acceptsSome($0, in: table, passed: passed, failed: others, &seen)
        }
    }

    private func acceptsSome(
        _ ending: RuleMeaning.Ending, in table: TableName, passed: Facets, failed: Facets,
        _ seen: inout Set<ChainName>
    ) -> Bool {
        guard failed.isSubset(of: [.port, .peer, .audience, .interface]) else { return false }
        switch ending {
        case .accept:
            // For packets to a group, the group address counts as the remote host.
            let others: Facets =
                evaluator.packets.direction == .output ? [.port, .peer, .audience] : [.port, .peer]
            return passed.contains(.transport) && !failed.union(passed).isDisjoint(with: others)
        case .jump(let target), .goto(let target):
            let chain = ChainName(table, target)
            guard seen.insert(chain).inserted else { return false }
            for rule in evaluator.index.rules[chain] ?? [] {
                var state = state
                let inner = evaluator.meaning(of: rule, &state)
                if acceptsSome(inner, in: table, passed: passed, failed: failed, &seen) { return true }
                if inner.match.forStranger,
                    acceptsSome(
                        inner.ending, in: table, passed: passed.union(inner.passed), failed: failed, &seen)
                {
                    return true
                }
                if inner.match == .yes, inner.ending.denies || inner.ending == .return { return false }
            }
            return false
        default: return false
        }
    }

    /// Tells whether the chain denies packets of other protocols and does nothing else.
    func deniesOtherProtocols(_ chain: ChainName, depth: Int = 0) -> Bool {
        guard depth < Self.deepest, let rules = evaluator.index.rules[chain] else { return false }
        return rules.allSatisfy { rule in
            var state = state
            let meaning = evaluator.meaning(of: rule, &state)
            switch meaning.ending {
            case .none: return !meaning.changes
            case .drop, .reject: return meaning.isOfOtherProtocol
            case .jump(let target), .goto(let target):
                return deniesOtherProtocols(ChainName(chain.table, target), depth: depth + 1)
            default: return false
            }
        }
    }

    /// The places of the jumps, gotos and the rule that lead to a denial, from the base chain on; empty for a
    /// policy.
    func way(to denial: Denial) -> [Place] {
        guard steps.indices.contains(denial.step) else { return [] }
        var way: [Place] = []
        var next: Int? = denial.step
        while let number = next {
            way.append(Place(chain: steps[number].chain, index: steps[number].index))
            next = steps[number].entry
        }
        return way.reversed()
    }

    var keys: Set<Denial.Key> { Set(denials.map(\.key)) }

    private enum Flow { case fallsOff, ended }

    private mutating func run(_ chain: ChainName, depth: Int, entry: Int?, path: Int, scope: Facets) -> Flow {
        guard depth < Self.deepest else { return stop("its jumps nest too deep") }
        guard let rules = evaluator.index.rules[chain] else {
            return stop("chain \(chain.name) was not read")
        }
        for (index, rule) in rules.enumerated() {
            guard steps.count < Self.budget else { return stop("its rules are too many to follow") }
            var meaning = evaluator.meaning(of: rule, &state)
            if meaning.match == .likely, avoided == Denial.Key(chain: chain, rule: index) {
                meaning.match = .unlikely
                meaning.failed = meaning.passed.intersection(.peer)
                meaning.passed.remove(.peer)
            }
            let place = steps.count
            steps.append(
                Step(
                    chain: chain, index: index, depth: depth, entry: entry, meaning: meaning,
                    path: path, scope: scope))
            guard meaning.match.forStranger else { continue }
            let way = scope.union(meaning.passed)
            let onward = Self.path(path, by: chain, index)
            switch meaning.ending {
            case .none: break
            case .accept:
                outcome = .accepted
                return .ended
            case .drop, .reject:
                if deny(at: place, way) { return .ended }
            case .return:
                if depth == 0 { end = (chain, index, entry) }
                return .fallsOff
            case .jump(let target):
                let next = ChainName(chain.table, target)
                if run(next, depth: depth + 1, entry: place, path: onward, scope: way) == .ended {
                    return .ended
                }
            case .goto(let target):
                return run(
                    ChainName(chain.table, target), depth: depth, entry: place, path: onward, scope: way)
            case .queue: return stop("chain \(chain.name) hands every packet to a program")
            case .unknown: return stop("a rule of chain \(chain.name) is not understood")
            }
        }
        if depth == 0 { end = (chain, rules.count, entry) }
        return .fallsOff
    }

    private static func path(_ path: Int, by chain: ChainName, _ index: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(path)
        hasher.combine(chain)
        hasher.combine(index)
        return hasher.finalize()
    }

    private mutating func stop(_ reason: String) -> Flow {
        outcome = .unclear(reason)
        return .ended
    }

    /// Records a denial; returns true when it ends the walk because no packet gets past it.
    private mutating func deny(at place: Int, _ facets: Facets) -> Bool {
        let step = steps[place]
        let key = Denial.Key(chain: step.chain, rule: step.index, path: step.path)
        denials.append(
            Denial(
                key: key, step: place, chain: step.chain, index: step.index, entry: step.entry,
                facets: facets,
                isReject: step.meaning.ending == .reject))
        outcome = .denied
        guard facets.isDisjoint(with: [.port, .user, .rate, .ordinary]) else { return false }
        return common?.contains(key) ?? facets.isDisjoint(with: [.transport, .audience])
    }
}
