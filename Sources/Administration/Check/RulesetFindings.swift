// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform

/// What the ruleset says by itself.
struct RulesetFindings {
    /// Chains that deny by default and have no exception, by the hook that they are at.
    private let blockers: [Chain]

    /// Reads the ruleset; what is of interest beyond goes into `facts`.
    init(openings: Openings, policy: Policy, facts: inout HostFacts) throws(NftablesError) {
        let ruleset = try RulesetReader(RulesetConnection()).readEverything()
        let plan = Plan(
            openings: openings, on: ruleset, policy: policy, now: WallTime(seconds: WallClock.now))
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

extension Chain {
    /// netdev chains count their hooks by themselves: 0 is ingress, 1 is egress.
    fileprivate var isAtEgress: Bool { name.table.family == .netdev && base?.hook.rawValue == 1 }
}
