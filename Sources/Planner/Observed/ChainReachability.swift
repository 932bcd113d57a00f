// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

/// Finds the chains that only packets of one direction reach, and the chains that let no UDP packet pass.
final class ChainReachability {
    private let index: RulesetIndex
    let networks: [IPv4Network]
    /// For each chain, the chains from which a rule or an element of a verdict map leads to it.
    private var callers: [ChainName: [ChainName]] = [:]
    private var referenceCounts: [ChainName: Int] = [:]
    // Results that were found before.
    private var exclusive: [Direction: [ChainName: Bool]] = [:]
    private var denyingAll: [ChainName: Bool] = [:]
    private var native: [TableName: Bool] = [:]
    private var acceptingSome: [ChainName: Bool] = [:]
    private var behindAccepted: [Direction: [ChainName: Set<Int>]] = [:]
    /// The chains to which some rule sends only packets of certain hosts, ports or the like.
    private var selectiveTargets: Set<ChainName> = []
    /// The chains to which some rule sends only packets of one protocol or to some addresses, and those to which some rule
    /// sends packets of every protocol and to every address.
    private var targetsOfSome: Set<ChainName> = []
    private var targetsOfAll: Set<ChainName> = []

    /// `networks` are those that this host is attached to.
    init(_ index: RulesetIndex, networks: [IPv4Network] = []) {
        self.index = index
        self.networks = networks
        let evaluators = Direction.allCases.map {
            Evaluator(packets: PacketClass(.service(port: nil), $0, on: nil), index: index)
        }
        let reachable = Direction.allCases.map { index.chainsReached(by: $0) }
        var mapUsers: [SetName: [ChainName]] = [:]
        for (chain, rules) in index.rules {
            let isReachable = reachable.contains { $0.contains(chain) }
            for rule in rules {
                for expression in rule.expressions {
                    noteReference(expression, in: chain, isReachable)
                    if isReachable, let map = expression.verdictMap {
                        mapUsers[SetName(chain.table, map), default: []].append(chain)
                    }
                }
                for (chains, evaluator) in zip(reachable, evaluators) where chains.contains(chain) {
                    noteSelectiveJump(rule, evaluator)
                }
            }
        }
        selectiveTargets.formUnion(targetsOfSome.intersection(targetsOfAll))
        for (map, contents) in index.ruleset.contents {
            for target in contents.entries?.compactMap(\.verdict?.target) ?? [] {
                let name = ChainName(map.table, target)
                callers[name, default: []] += mapUsers[map] ?? []
                referenceCounts[name, default: 0] += 1
            }
        }
    }

    /// Records the target of a rule's jump or goto if the rule selects packets by host, port or the like.
    private func noteSelectiveJump(_ rule: Rule, _ evaluator: Evaluator) {
        guard rule.expressions.contains(where: { $0.target != nil || $0.verdictMap != nil }) else { return }
        let direction = evaluator.packets.direction
        var state = PacketState(hook: direction.hook)
        let meaning = evaluator.meaning(of: rule, &state)
        guard !meaning.isOfOtherProtocol, let target = meaning.ending.target else { return }
        let chain = ChainName(rule.chain.table, target)
        guard !meaning.match.forStranger, !meaning.failed.isSubset(of: [.interface, .receiver, .state]) else {
            if !meaning.passed.isDisjoint(with: [.port, .user, .ordinary]) { selectiveTargets.insert(chain) }
            if meaning.passed.union(meaning.failed).isDisjoint(with: [.transport, .receiver]) {
                targetsOfAll.insert(chain)
            } else {
                targetsOfSome.insert(chain)
            }
            return
        }
        if rule.expressions.contains(where: { $0.verdictMap != nil }) { return }
        // The chain of a zone (`SourcePart.Zone`) has a default of its own.
        if meaning.failed == .peer, acceptsSomething(chain),
            evaluator.concernsPrivateHosts(rule, PacketState(hook: direction.hook), networks)
        {
            return
        }
        selectiveTargets.insert(chain)
    }

    /// Records a jump or goto to a chain. No packet comes from a chain that is not reachable.
    private func noteReference(_ expression: Expression, in chain: ChainName, _ isReachable: Bool) {
        guard let target = expression.target else { return }
        let name = ChainName(chain.table, target)
        if isReachable { callers[name, default: []].append(chain) }
        referenceCounts[name, default: 0] += 1
    }

    /// True if only packets of this direction reach the chain.
    func isExclusive(_ chain: ChainName, to direction: Direction) -> Bool {
        if let known = exclusive[direction]?[chain] { return known }
        let result = findExclusive(chain, to: direction)
        exclusive[direction, default: [:]][chain] = result
        return result
    }

    private func findExclusive(_ name: ChainName, to direction: Direction) -> Bool {
        guard let chain = index.chains[name] else { return false }
        if let base = chain.base { return base.hook == direction.hook }
        guard let rules = index.ruleset.rules[name] else { return false }
        // A use count above the number of rules and known references means that an unread chain of another hook leads here.
        guard Int(chain.use) <= rules.count + (referenceCounts[name] ?? 0) else { return false }
        return selectiveTargets.isDisjoint(with: [name])
            && (callers[name] ?? []).allSatisfy { isExclusive($0, to: direction) }
    }

    /// True if the table is written in nft's own form.
    func isNative(_ table: TableName) -> Bool {
        if let known = native[table] { return known }
        let kind = index.ruleset.tables.first { $0.name == table }.map { TableKind($0, in: index.ruleset) }
        native[table] = kind == .native
        return kind == .native
    }

    /// True if some rule sends only selected packets to the chain, or to a chain that leads to it.
    func isReachedSelectively(_ chain: ChainName) -> Bool {
        var (seen, pending): (Set<ChainName>, [ChainName]) = ([chain], [chain])
        while let next = pending.popLast() {
            if selectiveTargets.contains(next) { return true }
            pending += (callers[next] ?? []).filter { seen.insert($0).inserted }
        }
        return false
    }

    /// True if a rule of the chain itself denies a stranger's UDP packet.
    func denies(_ chain: ChainName) -> Bool {
        let packets = PacketClass(.service(port: nil), .input, on: nil)
        let evaluator = Evaluator(packets: packets, index: index)
        return (index.rules[chain] ?? []).contains { rule in
            var state = PacketState(hook: .input)
            let meaning = evaluator.meaning(of: rule, &state)
            return meaning.ending.denies && meaning.match.forStranger
        }
    }

    /// True if an ending, or a rule of the chains that it leads to, denies packets.
    func mayDeny(_ ending: RuleMeaning.Ending, in table: TableName) -> Bool {
        guard let target = ending.target else { return ending.denies }
        return index.chains(reachedFrom: [ChainName(table, target)]).contains { denies($0) }
    }

    /// True if some rule of the chain, or of a chain that it leads to, accepts packets.
    func acceptsSomething(_ chain: ChainName) -> Bool {
        if let known = acceptingSome[chain] { return known }
        let accepts = index.chains(reachedFrom: [chain]).contains { reached in
            (index.rules[reached] ?? []).lazy.flatMap(\.expressions).contains { expression in
                if expression == .verdict(.accept) { return true }
                guard let map = expression.verdictMap else { return false }
                return index.contents(map, in: chain.table)?.entries?.contains { $0.verdict == .accept }
                    ?? false
            }
        }
        acceptingSome[chain] = accepts
        return accepts
    }

    /// The indices of the rules of a chain whose condition on the remote host is also that of an earlier rule that accepts
    /// packets.
    func rulesBehindAccepted(in chain: ChainName, _ direction: Direction) -> Set<Int> {
        if let known = behindAccepted[direction]?[chain] { return known }
        var (accepted, found): (Set<PeerCondition>, Set<Int>) = ([], [])
        for (position, rule) in (index.rules[chain] ?? []).enumerated() {
            guard let condition = PeerCondition(of: rule, direction, index) else { continue }
            if accepted.contains(condition) { found.insert(position) }
            if rule.expressions.contains(.verdict(.accept)) { accepted.insert(condition) }
        }
        behindAccepted[direction, default: [:]][chain] = found
        return found
    }

    /// True if the chain neither accepts nor returns any UDP packet, so that every denial in it is part
    /// of its default.
    func deniesAll(_ chain: ChainName) -> Bool {
        if let known = denyingAll[chain] { return known }
        denyingAll[chain] = false
        let packets = PacketClass(.service(port: nil), .input, on: nil)
        let evaluator = Evaluator(packets: packets, index: index)
        var deniesEverything = false
        for rule in index.rules[chain] ?? [] {
            var state = PacketState(hook: .input)
            let meaning = evaluator.meaning(of: rule, &state)
            if meaning.isOfOtherProtocol { continue }
            switch meaning.ending {
            case .none: break
            case .drop, .reject:
                if meaning.match == .yes { deniesEverything = true }
            case .jump(let target), .goto(let target):
                guard deniesAll(ChainName(chain.table, target)) else { return false }
                if meaning.match == .yes { deniesEverything = true }
            case .accept, .return, .queue, .unknown: return false
            }
            if deniesEverything { break }
        }
        denyingAll[chain] = deniesEverything
        return deniesEverything
    }
}
