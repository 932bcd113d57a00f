// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// A denial of a packet, by a rule of a chain or by the policy of a base chain. Indices of rules do not count our own
/// rules.
struct Denial: Hashable {
    /// The identity of a denial, by which denials of different walks are compared.
    struct Key: Hashable {
        let chain: ChainName
        /// The index of the rule; nil for the policy.
        let rule: Int?
        /// A hash of the rules whose jumps led to the chain: a chain that is reached in two ways counts as two.
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
}

/// The path of a stranger's packet through one base chain.
struct Walk {
    enum Outcome: Hashable {
        case accepted
        case denied
        /// The outcome for the packet is unknown, for this reason.
        case unclear(String)
    }

    private(set) var steps = Steps()
    /// The denials in order, each determined as if the earlier ones did not deny.
    private(set) var denials: [Denial] = []
    private(set) var outcome = Outcome.accepted
    /// The rule at which the walk ended with an unknown outcome; nil if it has another outcome, or none has caused it.
    private(set) var stoppingRule: Denial.Key?
    /// The state of the packet at the end of the walk.
    private(set) var state: PacketState
    /// For each step that changed ``state``, the state before it.
    private var states: [(step: Int, state: PacketState)] = []

    let evaluator: Evaluator
    /// Denials that packets of other classes meet too: the walk ends at the first of them. If nil, it ends at the first
    /// denial that does not depend on protocol or receiver.
    private let common: Set<Denial.Key>?
    /// A rule whose condition on the remote host the packet is taken not to fulfil.
    private let avoided: Denial.Key?
    /// A rule whose condition on the remote host the packet is taken to fulfil.
    private let taken: SourcePart.Zone?
    /// The place at which the packet left the base chain.
    private var end: (chain: ChainName, index: Int, entry: Int?)

    /// The maximum number of rules that one walk evaluates. Only in rulesets of a few rules does a packet meet a rule more than
    /// a few times.
    private var budget: Int { max(10_000, 3 * evaluator.index.ruleCount) }

    init(
        _ evaluator: Evaluator, through base: Chain, _ state: PacketState,
        stoppingAt common: Set<Denial.Key>? = nil, avoiding avoided: Denial.Key? = nil,
        taking taken: SourcePart.Zone? = nil
    ) {
        self.evaluator = evaluator
        self.state = state
        self.common = common
        self.avoided = avoided
        self.taken = taken
        end = (base.name, 0, nil)
        if run(ChainVisit(chain: base.name)) == .ended { return }
        guard base.base?.policy == .drop else { return }
        let key = Denial.Key(chain: base.name, rule: nil)
        denials.append(
            Denial(
                key: key, step: steps.count, chain: end.chain, index: end.index, entry: end.entry,
                facets: []))
        outcome = .denied
    }

    /// The first rule that cannot be evaluated and that may deny the packet or lead elsewhere.
    var undecidedRule: Denial.Key? {
        firstUndecidable(before: denials.last?.step ?? steps.count) { ending, table in
            ending != .none && ending != .accept && !leads(ending, in: table, onlyTo: .accept)
        }
    }

    /// The first rule before a denial that cannot be evaluated and that may lead past the denial.
    func bypassingRule(of denial: Denial) -> Denial.Key? {
        firstUndecidable(before: denial.step) { ending, table in
            ending != .none && !ending.denies && !leads(ending, in: table, onlyTo: .drop)
                && !leads(ending, in: table, onlyTo: .reject)
        }
    }

    private func firstUndecidable(
        before end: Int, where isWanted: (RuleMeaning.Ending, TableName) -> Bool
    ) -> Denial.Key? {
        steps.prefix(end).first { step in
            step.meaning.isUndecidable && isWanted(step.meaning.ending, step.chain.table)
        }.map(\.key)
    }

    /// True if an ending is a jump to a chain in which every rule has this ending or none.
    private func leads(
        _ ending: RuleMeaning.Ending, in table: TableName, onlyTo wanted: RuleMeaning.Ending
    ) -> Bool {
        guard case .jump(let target) = ending, let rules = evaluator.index.rules[ChainName(table, target)]
        else { return false }
        return rules.allSatisfy { rule in
            var state = state
            let meaning = evaluator.meaning(of: rule, &state)
            return meaning.hasNoEffect || meaning.branches.isEmpty && meaning.ending == wanted
        }
    }

    /// True if the chain denies packets of other protocols and does nothing else.
    func deniesOtherProtocols(_ chain: ChainName, depth: Int = 0) -> Bool {
        guard depth < Chain.deepestNesting, let rules = evaluator.index.rules[chain] else { return false }
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

    /// True if a rule only matches packets of protocols other than UDP and TCP.
    func isOfFurtherProtocols(_ step: Step) -> Bool {
        guard step.meaning.isOfOtherProtocol, let rules = evaluator.index.rules[step.chain],
            rules.indices.contains(step.index)
        else { return false }
        let packets = PacketClass(.tcp, evaluator.packets.direction, on: evaluator.packets.interface)
        var state = state
        return Evaluator(packets: packets, index: evaluator.index)
            .meaning(of: rules[step.index], &state).isOfOtherProtocol
    }

    /// The places of the jumps, gotos and the rule that lead to a denial, from the base chain on; empty for a
    /// policy.
    func path(to denial: Denial) -> [Place] {
        guard steps.indices.contains(denial.step) else { return [] }
        var path: [Place] = []
        var next: Int? = denial.step
        while let number = next {
            path.append(Place(chain: steps[number].chain, index: steps[number].index))
            next = steps[number].entry
        }
        return path.reversed()
    }

    var keys: Set<Denial.Key> { Set(denials.map(\.key)) }

    private enum Flow { case continues, ended }

    /// Follows the packet through a chain and the chains that it leads to.
    private mutating func run(_ visit: ChainVisit) -> Flow {
        let (chain, depth) = (visit.chain, visit.depth)
        guard depth < Chain.deepestNesting else { return stop("its jumps nest too deep") }
        guard let rules = evaluator.index.rules[chain] else {
            return stop("chain \(chain.name) was not read")
        }
        let visitNumber = steps.enter(visit)
        for (index, rule) in rules.enumerated() {
            guard steps.count < budget else {
                return stop("too complex: packets meet more than \(budget) rules", at: (chain, index))
            }
            let earlier = state
            var meaning = evaluator.meaning(of: rule, &state)
            if state != earlier { states.append((steps.count, earlier)) }
            if meaning.match == .likely, avoided == Denial.Key(chain: chain, rule: index) {
                meaning.match = .unlikely
                meaning.failed = meaning.passed.intersection(.peer)
                meaning.passed.remove(.peer)
            }
            if let taken, taken.rule == Denial.Key(chain: chain, rule: index), meaning.match != .no {
                (meaning.match, meaning.ending) = (.likely, taken.ending)
                meaning.passed.formUnion(meaning.failed)
                meaning.failed = []
            }
            let step = steps.count
            steps.append(index, in: visitNumber, meaning)
            guard meaning.match.forStranger else { continue }
            let scope = visit.scope.union(meaning.passed)
            func visitOf(_ target: String, depth: Int) -> ChainVisit {
                ChainVisit(
                    chain: ChainName(chain.table, target), depth: depth, entry: step,
                    path: Self.path(visit.path, by: chain, index), scope: scope)
            }
            switch meaning.ending {
            case .none: break
            case .accept:
                outcome = .accepted
                return .ended
            case .drop, .reject:
                if deny(at: step, scope) { return .ended }
            case .return:
                if depth == 0 { end = (chain, index, visit.entry) }
                return .continues
            case .jump(let target):
                if run(visitOf(target, depth: depth + 1)) == .ended { return .ended }
            case .goto(let target): return run(visitOf(target, depth: depth))
            case .queue:
                return stop("chain \(chain.name) hands every packet to a program", at: (chain, index))
            case .unknown: return stop("a rule of chain \(chain.name) is not understood", at: (chain, index))
            }
        }
        if depth == 0 { end = (chain, rules.count, visit.entry) }
        return .continues
    }

    /// The state of the packet in front of a step.
    func state(before step: Int) -> PacketState { states.first { $0.step >= step }?.state ?? state }

    private static func path(_ path: Int, by chain: ChainName, _ index: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(path)
        hasher.combine(chain)
        hasher.combine(index)
        return hasher.finalize()
    }

    /// Ends the walk with an unknown outcome.
    private mutating func stop(_ reason: String, at place: (chain: ChainName, index: Int)? = nil) -> Flow {
        outcome = .unclear(reason)
        stoppingRule = place.map { Denial.Key(chain: $0.chain, rule: $0.index) }
        return .ended
    }

    /// Records a denial; returns true when it ends the walk because no packet gets past it.
    private mutating func deny(at number: Int, _ facets: Facets) -> Bool {
        let step = steps[number]
        let key = step.key
        denials.append(
            Denial(
                key: key, step: number, chain: step.chain, index: step.index, entry: step.entry,
                facets: facets))
        outcome = .denied
        guard facets.isDisjoint(with: [.port, .user, .rate, .ordinary]) else { return false }
        return common?.contains(key) ?? facets.isDisjoint(with: [.transport, .receiver])
    }
}
