// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform

/// Findings from reading the ruleset alone.
struct RulesetFindings {
    /// The fates of the examined rows.
    private let fates: [RowFate]
    /// True when the examined exceptions are in force.
    private let isInForce: Bool
    /// Rules that a packet of an examination must not meet.
    let traps: AddressTraps
    /// Chains that translate addresses, and those that only such chains jump to: an accept there decides nothing.
    private let translating: Set<ChainName>

    /// Reads the ruleset; what is of interest beyond goes into `facts`.
    /// `openings` is what the daemon holds open, or would; `examined` the same, or with a port of the administrator's
    /// choice.
    init(
        openings: Openings, examined: Openings, policy: Policy, facts: inout HostFacts
    ) throws(NftablesError) {
        let ruleset = try RulesetReader(RulesetConnection()).readEverything()
        traps = AddressTraps(ruleset)
        translating = ruleset.chains(reachedBy: { $0.type == "nat" })
            .subtracting(ruleset.chains(reachedBy: { $0.type != "nat" }))
        // Interfaces that cannot be listed are taken to be those that rules name.
        let interfaces = (try? UsableInterfaces().list())?.map { Interface($0) } ?? []
        func plan(_ openings: Openings) -> Plan {
            Plan(
                openings: openings, on: ruleset, policy: policy, interfaces: interfaces,
                now: WallTime(seconds: WallClock.now))
        }
        let held = plan(openings)
        facts.leftAlone = held.leftAlone
        do throws(FirewalldError) {
            facts.firewalld = try FirewalldFirewall().findings(in: ruleset)
        } catch {
            facts.firewalld = [LeftAlone(name: "firewalld", reason: "it could not be asked: \(error.cause)")]
        }
        facts.pendingChanges = held.operations.count
        facts.innerFilter = ruleset.innerFilter(tunnel: facts.tunnelName)
        facts.egressChains = ruleset.chains.filter { chain in
            chain.isAtEgress && ruleset.rules[chain.name]?.isEmpty == false
        }.map(\.name.description)
        let asked = examined == openings ? held : plan(examined)
        fates = asked.fates
        isInForce = asked.operations.isEmpty
    }

    /// False for chains whose accept decides nothing, as those of type nat.
    func canAccept(_ chain: ChainName) -> Bool { !translating.contains(chain) }

    /// The reading of a row without a packet.
    func row(_ name: String, _ direction: Direction, on interface: String) -> RowReading {
        RowReading(
            fates.filter { fate in
                fate.row == name && (fate.interface ?? interface) == interface && !fate.isToGroup
            }, isInForce: isInForce)
    }

    /// The rule or policy that stops a row at hook egress, behind everything that an examination's packets meet.
    func denialAtEgress(of name: String, on interface: String) -> Planner.DecidingRule? {
        switch row(name, .output, on: interface) {
        case .denied(let rule), .notServed(let rule?, _): rule.chain.table.family == .netdev ? rule : nil
        default: nil
        }
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
