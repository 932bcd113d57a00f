// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Reads the defaults of chains out of a ruleset. Our own rules count as absent.
struct DefaultAnalysis {
    let ruleset: Ruleset
    private let chains: [ChainName: Chain]

    /// The kernel refuses deeper nesting (NFT_JUMP_STACK_SIZE), and every loop.
    private static let deepest = 16

    init(_ ruleset: Ruleset) {
        self.ruleset = ruleset
        chains = Dictionary(ruleset.chains.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The rules of a chain without ours.
    func foreignRules(of chain: ChainName) -> [Rule]? { ruleset.rules[chain]?.filter { !$0.isOurs } }

    /// The default of a base chain for all interfaces, and those that other chains have for some.
    func defaults(of chain: Chain) -> (common: ChainDefault, byInterface: [InterfaceDefault]) {
        guard let base = chain.base else { return (.unclear("is no base chain"), []) }
        let count = foreignRules(of: chain.name)?.count ?? 0
        let policy = base.policy == .drop ? ChainDefault.denies(chain: chain.name, tail: count) : .accepts
        // Its rules are not read, for they see the first packet of a connection only.
        if base.type == "nat" { return (policy, []) }
        var byInterface: [InterfaceDefault] = []
        let common = walk(
            chain.name, atEnd: policy, Context(depth: 0, isOnInterface: false), &byInterface)
        return (common, byInterface)
    }

    private struct Context {
        var depth: Int
        /// Whether only packets of some interface come here, so that rules about interfaces are taken to be
        /// about theirs.
        var isOnInterface: Bool

        func deeper(onInterface: Bool = false) -> Context {
            Context(depth: depth + 1, isOnInterface: isOnInterface || onInterface)
        }
    }

    /// What becomes of a packet that enters `chain`, when `fallback` is what becomes of it at the chain's end.
    private func walk(
        _ chain: ChainName, atEnd fallback: ChainDefault, _ context: Context,
        _ byInterface: inout [InterfaceDefault]
    ) -> ChainDefault {
        guard context.depth < Self.deepest else { return .unclear("its jumps nest too deep") }
        guard let rules = foreignRules(of: chain) else { return .unclear("chain \(chain.name) was not read") }
        var effects: [RuleEffect] = []
        // A denial on the way that some packets may be spared, by returning before it. It is the default if
        // nothing denies those that were spared.
        var sieve: ChainDefault?
        func end(_ outcome: ChainDefault) -> ChainDefault {
            switch (outcome, sieve, fallback) {
            case (.accepts, let sieve?, _): sieve
            case (.returns, .denies(let chain, let tail)?, _): .deniesUnlessReturned(chain: chain, tail: tail)
            case (.denies(let chain, let tail), _, .returns) where effects.contains(.returnsSome):
                .deniesUnlessReturned(chain: chain, tail: tail)
            default: outcome
            }
        }
        for (index, rule) in rules.enumerated() {
            let effect = rule.effect
            switch effect {
            case .accepts: return end(.accepts)
            case .denies: return end(.denies(chain: chain, tail: tail(effects, endingAt: index)))
            case .queues: return .unclear("chain \(chain.name) hands every packet to a program")
            case .returns: return end(falling(fallback, offChain: chain, effects))
            case .jumps(let name, let asUDP), .goes(let name, let asUDP):
                let target = ChainName(chain.table, name)
                let isJump = effect == .jumps(name, asUDP: asUDP)
                let onward = isJump ? .returns : atEnd(of: target, fallback)
                switch walk(target, atEnd: onward, context.deeper(), &byInterface) {
                case .denies(_, tail: 0) where asUDP: effects.append(.matters)
                case .denies(_, tail: 0):
                    return end(.denies(chain: chain, tail: tail(effects, endingAt: index)))
                case .denies(let inner, let tail): return end(descending(to: target, inner, tail))
                case .deniesUnlessReturned(let inner, let tail) where isJump:
                    sieve = sieve ?? descending(to: target, inner, tail)
                    effects.append(.matters)
                case .returns where isJump: effects.append(onlyPasses(target) ? .passes : .matters)
                case let other: return end(other)
                }
            case .matters:
                if deniesOnInterface(rule, fallback, context, &byInterface), context.isOnInterface {
                    return end(.denies(chain: chain, tail: tail(effects, endingAt: index)))
                }
                effects.append(effect)
            case .passes, .saysNo, .returnsSome: effects.append(effect)
            }
        }
        return end(falling(fallback, offChain: chain, effects))
    }

    /// Whether a rule does nothing but deny all packets of an interface. If it hands them to a chain that
    /// decides about some and denies the others, that chain's default is taken note of.
    private func deniesOnInterface(
        _ rule: Rule, _ fallback: ChainDefault, _ context: Context, _ byInterface: inout [InterfaceDefault]
    ) -> Bool {
        if let map = rule.interfaceMap {
            for case let effect? in Set(ruleset.verdicts[map] ?? []).map(\.effect) {
                _ = denies(effect, from: rule.chain, fallback, context, &byInterface)
            }
            return false
        }
        return denies(rule.effectOnInterface, from: rule.chain, fallback, context, &byInterface)
    }

    /// Whether packets of an interface are all denied that `chain` does this to.
    private func denies(
        _ effect: RuleEffect, from chain: ChainName, _ fallback: ChainDefault, _ context: Context,
        _ byInterface: inout [InterfaceDefault]
    ) -> Bool {
        let target: ChainName
        let onward: ChainDefault
        switch effect {
        case .denies: return true
        case .jumps(let name, _): (target, onward) = (ChainName(chain.table, name), .returns)
        case .goes(let name, _):
            target = ChainName(chain.table, name)
            onward = atEnd(of: target, fallback)
        default: return false
        }
        let outcome = walk(target, atEnd: onward, context.deeper(onInterface: true), &byInterface)
        guard case .denies(let inner, let tail) = outcome else { return false }
        if tail == 0 { return true }
        // Two interfaces may share a chain, if no other chain does.
        let place = InterfaceDefault(chain: inner, tail: tail)
        if references(to: target) == ways(from: chain, to: target), !byInterface.contains(place) {
            byInterface.append(place)
        }
        return false
    }

    /// How many rules of a chain, and elements of the maps in them, lead to another.
    private func ways(from chain: ChainName, to target: ChainName) -> Int {
        (foreignRules(of: chain) ?? []).reduce(0) { sum, rule in
            let mapped = rule.interfaceMap.flatMap { ruleset.verdicts[$0] } ?? []
            return sum + (rule.leads(to: target.name) ? 1 : 0) + mapped.count { $0.target == target.name }
        }
    }

    /// The default is in `inner`, at or below `target`, which the present chain hands everything to.
    private func descending(to target: ChainName, _ inner: ChainName, _ tail: Int) -> ChainDefault {
        guard let references = references(to: target), references <= 1
        else { return .unclear("its default is in chain \(target.name), which other chains use too") }
        return .denies(chain: inner, tail: tail)
    }

    /// How many rules and elements lead to a chain; nil when it was not read.
    private func references(to chain: ChainName) -> Int? {
        guard let use = chains[chain]?.use, let rules = ruleset.rules[chain] else { return nil }
        return Int(use) - rules.count
    }

    /// What follows the end of `chain`, which was entered by a goto and inherits the fallback of the chain
    /// before.
    private func atEnd(of chain: ChainName, _ fallback: ChainDefault) -> ChainDefault {
        guard case .denies = fallback else { return fallback }
        return .denies(chain: chain, tail: foreignRules(of: chain)?.count ?? 0)
    }

    private func falling(
        _ fallback: ChainDefault, offChain chain: ChainName, _ effects: [RuleEffect]
    ) -> ChainDefault {
        guard case .denies = fallback else { return fallback }
        return .denies(chain: chain, tail: tail(effects, endingAt: effects.count))
    }

    /// Where the rules begin that belong to the default at `end`.
    private func tail(_ effects: [RuleEffect], endingAt end: Int) -> Int {
        let rules = effects[..<end].reversed().prefix { $0 == .passes || $0 == .saysNo }
        return end - rules.count
    }

    private func onlyPasses(_ chain: ChainName) -> Bool {
        foreignRules(of: chain)?.allSatisfy { $0.effect == .passes } ?? false
    }
}
