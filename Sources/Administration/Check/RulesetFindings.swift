// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform

/// What the ruleset says by itself.
struct RulesetFindings {
    /// Chains that deny by default and have no exception, by the hook that they are at.
    private let blockers: [Chain]
    /// What a packet of an examination must not meet.
    let traps: AddressTraps
    /// Chains that translate addresses, and those that only such chains jump to: an accept there decides nothing.
    private let translating: Set<ChainName>

    /// Reads the ruleset; what is of interest beyond goes into `facts`.
    init(openings: Openings, policy: Policy, facts: inout HostFacts) throws(NftablesError) {
        let ruleset = try RulesetReader(RulesetConnection()).readEverything()
        traps = AddressTraps(ruleset)
        translating = ruleset.chains(reachedBy: { $0.type == "nat" })
            .subtracting(ruleset.chains(reachedBy: { $0.type != "nat" }))
        // What cannot be asked is taken for any interface that rules name.
        let interfaces = (try? UsableInterfaces().list())?.map { Interface($0) } ?? []
        let plan = Plan(
            openings: openings, on: ruleset, policy: policy, interfaces: interfaces,
            now: WallTime(seconds: WallClock.now))
        facts.leftAlone = plan.leftAlone
        do throws(FirewalldError) {
            facts.firewalld = try FirewalldFirewall().findings(in: ruleset)
        } catch {
            facts.firewalld = [LeftAlone(name: "firewalld", reason: "it could not be asked: \(error.cause)")]
        }
        facts.pendingChanges = plan.operations.count
        facts.innerFilter = ruleset.innerFilter(tunnel: facts.tunnel)
        facts.egressChains = ruleset.chains.filter { chain in
            chain.isAtEgress && ruleset.rules[chain.name]?.isEmpty == false
        }.map(\.name.description)
        // Where something is still to be done, nothing is in force.
        let served = plan.operations.isEmpty ? Set(plan.places.flatMap(\.chains)) : []
        blockers = ruleset.denyingChains.filter { !served.contains($0.name) }
    }

    /// Whether an accept in this chain lets a packet pass, as far as that chain goes.
    func canAccept(_ chain: ChainName) -> Bool { !translating.contains(chain) }

    /// The chain that would stop a packet, if reading tells.
    func blocker(_ direction: Direction) -> ChainName? {
        let hooks: Set<Hook> =
            direction == .input ? [.ingress, .prerouting, .input] : [.output, .postrouting]
        return blockers.first { chain in
            guard let hook = chain.base?.hook else { return false }
            if chain.name.table.family == .netdev { return chain.isAtEgress == (direction == .output) }
            return hooks.contains(hook)
        }?.name
    }
}

extension Ruleset {
    /// The base chains of some kind, and all chains that their rules may lead to.
    fileprivate func chains(reachedBy isWanted: (BaseChain) -> Bool) -> Set<ChainName> {
        var pending = chains.filter { $0.base.map(isWanted) ?? false }.map(\.name)
        var reached = Set(pending)
        while let chain = pending.popLast() {
            for case .verdict(let verdict) in (rules[chain] ?? []).flatMap(\.expressions) {
                guard case .jump(let name) = verdict.asJump else { continue }
                let target = ChainName(chain.table, name)
                if reached.insert(target).inserted { pending.append(target) }
            }
        }
        return reached
    }
}

extension Verdict {
    /// A goto as the jump that it is, as far as reaching a chain goes.
    fileprivate var asJump: Verdict { if case .goto(let name) = self { .jump(name) } else { self } }
}

extension Chain {
    /// netdev chains count their hooks by themselves: 0 is ingress, 1 is egress.
    fileprivate var isAtEgress: Bool { name.table.family == .netdev && base?.hook.rawValue == 1 }
}
