// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Attachment {
    /// What makes these openings the ones in force here, for another lease, without looking at the ruleset.
    ///
    /// Only ports can change in this way, not which rules there are. The transaction fails when an object of
    /// ours is missing. Nothing for places without sets: ``refill(_:lease:now:rules:)`` is for those.
    public func refresh(_ openings: Openings, lease: Duration) -> [Operation] {
        switch kind {
        case .ownTable, .native, .anchor:
            return openings.elements(of: SetNames(in: table), lease: lease).flatMap { set, elements in
                // An element that is gone already could not be deleted by name; flushing always works.
                [.flushSet(set)] + (elements.isEmpty ? [] : [.addElements(set, elements)])
            }
        case .iptables, .firewalld:
            return []
        }
    }

    /// The chains that hold one rule a port, which a refresh writes anew.
    public var refilledChains: [ChainName] { refills.map(\.chain) }

    /// What makes these openings the ones in force in the chains of ``refilledChains``, whose present rules are
    /// given. To be committed only if the ruleset is still the one they were read from.
    public func refill(
        _ openings: Openings, lease: Duration, now: WallTime, rules: [ChainName: [Rule]]
    ) -> [Operation] {
        let second = Expiry(lease, from: now).second
        return refills.flatMap { chain, direction in
            let present = rules[chain] ?? []
            let removals: [Operation] =
                if present.allSatisfy(\.isOurs) {
                    [.flushChain(chain)]
                } else {
                    present.filter(\.isOurs).map { .deleteRule(chain, handle: $0.handle) }
                }
            let additions = openings.iptablesRules(direction, until: second)
            return removals + additions.map { .addRule($0, to: chain, .last) }
        }
    }

    private var refills: [(chain: ChainName, direction: Direction)] {
        guard kind == .iptables else { return [] }
        return Direction.allCases.compactMap { direction in
            let chain = ChainName(table, direction.foreignChain)
            let isServed = chains.contains { $0 == chain || $0.name == direction.iptablesChain }
            return isServed ? (chain, direction) : nil
        }
    }
}

extension Direction {
    /// The base chain of iptables, in whatever table.
    fileprivate var iptablesChain: String { self == .input ? "INPUT" : "OUTPUT" }
}
