// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// What a chain does with a UDP packet over IPv4 that none of its rules is about.
enum ChainDefault: Hashable {
    case accepts
    /// It is dropped or rejected by the last rules of `chain`: by its rule number `tail` (our own not counted)
    /// and those that follow, or, when that is their count, by the policy.
    case denies(chain: ChainName, tail: Int)
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

    private func walk(_ chain: ChainName, depth: Int, atEnd fallback: ChainDefault) -> ChainDefault {
        guard depth < Self.deepest else { return .unclear("its jumps nest too deep") }
        guard let rules = foreignRules(of: chain) else { return .unclear("chain \(chain.name) was not read") }
        var effects: [RuleEffect] = []
        for (index, rule) in rules.enumerated() {
            let effect = rule.effect
            switch effect {
            case .accepts: return .accepts
            case .denies: return .denies(chain: chain, tail: tail(effects, endingAt: index))
            case .queues: return .unclear("chain \(chain.name) hands every packet to a program")
            case .returns: return falling(fallback, offChain: chain, effects)
            case .jumps(let target), .goes(let target):
                let target = ChainName(chain.table, target)
                let isJump = effect == .jumps(target.name)
                let onward = isJump ? .returns : atEnd(of: target, fallback)
                switch walk(target, depth: depth + 1, atEnd: onward) {
                case .denies(_, tail: 0): return .denies(chain: chain, tail: tail(effects, endingAt: index))
                case .denies(let inner, let tail):
                    return onlyReference(to: target) ? .denies(chain: inner, tail: tail) : shared(target)
                case .returns where isJump: effects.append(onlyPasses(target) ? .passes : .matters)
                case let other: return other
                }
            default: effects.append(effect)
            }
        }
        return falling(fallback, offChain: chain, effects)
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

    private func shared(_ chain: ChainName) -> ChainDefault {
        .unclear("its default is in chain \(chain.name), which other chains use too")
    }

    private func onlyReference(to chain: ChainName) -> Bool {
        guard let use = chains[chain]?.use, let rules = ruleset.rules[chain] else { return false }
        return Int(use) - rules.count <= 1
    }
}
