// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform

/// The findings from reading the ruleset.
struct RulesetFindings {
    /// The fates of the examined rows.
    private let fates: [RowFate]
    /// True when the examined exceptions are in force.
    private let isInForce: Bool
    /// The rules that test packets must not match.
    let traps: AddressTraps
    /// The sets that rules refer to, for the text of the rules.
    let sets: [SetName: SetContents]
    /// Chains of type nat and those reached only from them: an accept there decides nothing.
    private let translating: Set<ChainName>

    /// Reads the ruleset, and adds further facts to `facts`. `openings` are those that the daemon holds or
    /// would hold open; `examined` are the same, or have a port that the administrator chose.
    init(
        openings: Openings, examined: Openings, policy: Policy, facts: inout HostFacts
    ) throws(NftablesError) {
        // If the interfaces cannot be listed, plan for those that rules name.
        let interfaces = (try? UsableInterfaces().list())?.map { Interface($0) } ?? []
        let ruleset = try RulesetReader(RulesetConnection(), interfaces: interfaces).readEverything()
        traps = AddressTraps(ruleset)
        sets = ruleset.contents
        translating = ruleset.chains(reachedBy: { $0.isNAT })
            .subtracting(ruleset.chains(reachedBy: { !$0.isNAT }))
        func plan(_ openings: Openings) -> Plan {
            Plan(
                openings: openings, on: ruleset, policy: policy, interfaces: interfaces,
                now: WallTime(seconds: WallClock.now))
        }
        let heldPlan = plan(openings)
        facts.leftAlone = heldPlan.leftAlone
        do throws(FirewalldError) {
            facts.firewalld = try FirewalldFirewall().findings(in: ruleset)
        } catch {
            facts.firewalld = [
                FirewalldFinding(name: "firewalld", reason: "it cannot be examined: \(error)")
            ]
        }
        facts.pendingChanges = heldPlan.operations.count
        facts.innerFilter = ruleset.innerFilter(tunnel: facts.tunnelName)
        facts.egressChains = ruleset.chains.filter { chain in
            chain.isAtEgress && ruleset.rules[chain.name]?.isEmpty == false
        }.map(\.name.description)
        let examinedPlan = examined == openings ? heldPlan : plan(examined)
        fates = examinedPlan.fates
        isInForce = examinedPlan.operations.isEmpty
    }

    /// False for chains whose accept decides nothing, such as those of type nat.
    func canAccept(_ chain: ChainName) -> Bool { !translating.contains(chain) }

    /// The fate of a row without a test packet.
    func row(_ name: String, _ direction: Direction, on interface: String) -> RowReading {
        RowReading(
            fates.filter { fate in
                // The test packets of outgoing rows are not for the discovery group.
                fate.row == name && (fate.interface ?? interface) == interface && !fate.isToGroup
            }, isInForce: isInForce)
    }

    /// The rule or policy that stops a row at hook egress, which test packets do not reach; nil when there is
    /// none.
    func denialAtEgress(of name: String, on interface: String) -> DecidingRule? {
        switch row(name, .output, on: interface) {
        case .denied(let rule), .notServed(let rule?, _): rule.chain.table.family == .netdev ? rule : nil
        default: nil
        }
    }
}

extension Ruleset {
    /// The base chains of a kind, and all chains that their rules may lead to.
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
    /// The verdict with a goto turned into a jump, since both reach the chain.
    fileprivate var asJump: Verdict { if case .goto(let name) = self { .jump(name) } else { self } }
}

extension Chain {
    /// True for a chain at hook egress. Family netdev numbers its hooks separately: 0 is ingress, 1 is
    /// egress.
    fileprivate var isAtEgress: Bool { name.table.family == .netdev && base?.hook.rawValue == 1 }
}
