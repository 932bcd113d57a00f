// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// What a chain does with a UDP packet over IPv4 that none of its rules is about.
enum ChainDefault: Hashable {
    case accepts
    /// It is dropped or rejected by the last rules of `chain`: by its rule number `tail` (our own not counted)
    /// and those that follow, or, when that is their count, by the policy.
    case denies(chain: ChainName, tail: Int)
    /// As ``denies(chain:tail:)``, but rules before that send some packets back to the chain that jumped here.
    case deniesUnlessReturned(chain: ChainName, tail: Int)
    /// It goes back to the chain that jumped here.
    case returns
    case unclear(String)
}

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

    func `default`(of chain: Chain) -> ChainDefault {
        guard let base = chain.base else { return .unclear("is no base chain") }
        let count = foreignRules(of: chain.name)?.count ?? 0
        return walk(
            chain.name, depth: 0,
            atEnd: base.policy == .drop ? .denies(chain: chain.name, tail: count) : .accepts)
    }

    /// What becomes of a packet that enters `chain`, when `fallback` is what becomes of it at the chain's end.
    private func walk(_ chain: ChainName, depth: Int, atEnd fallback: ChainDefault) -> ChainDefault {
        guard depth < Self.deepest else { return .unclear("its jumps nest too deep") }
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
                switch walk(target, depth: depth + 1, atEnd: isJump ? .returns : atEnd(of: target, fallback))
                {
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
            default: effects.append(effect)
            }
        }
        return end(falling(fallback, offChain: chain, effects))
    }

    /// The default is in `inner`, at or below `target`, which the present chain hands everything to.
    private func descending(to target: ChainName, _ inner: ChainName, _ tail: Int) -> ChainDefault {
        guard let use = chains[target]?.use, let rules = ruleset.rules[target], Int(use) - rules.count <= 1
        else { return .unclear("its default is in chain \(target.name), which other chains use too") }
        return .denies(chain: inner, tail: tail)
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
        let rules = effects[..<end].reversed().prefix { $0 == .passes || $0 == .rejectsProtocol }
        return end - rules.count
    }

    private func onlyPasses(_ chain: ChainName) -> Bool {
        foreignRules(of: chain)?.allSatisfy { $0.effect == .passes } ?? false
    }
}
