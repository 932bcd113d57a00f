// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Attachment {
    /// Operations that put these openings in force here, for another lease, without looking at the ruleset.
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
    public var refilledChains: [ChainName] { kind == .iptables ? holders.map(\.chain) : [] }

    /// What makes these openings the ones in force in the chains of ``refilledChains``, whose present rules are
    /// given. Handles make sure that it fails when they are not there any more.
    ///
    /// nil when these rules do not tell where new ones belong: then the whole ruleset must be looked at.
    public func refill(
        _ openings: Openings, lease: Duration, now: WallTime, rules: [ChainName: [Rule]]
    ) -> [Operation]? {
        guard kind == .iptables else { return [] }
        let span = Expiry(lease, from: now).span
        var operations: [Operation] = []
        for holder in holders {
            guard let direction = holder.rows.first?.direction else { continue }
            let wanted = openings.iptablesRules(direction, during: span)
                .filter { rule in rule.row.map(holder.rows.contains) ?? false }
            let present = rules[holder.chain] ?? []
            guard let first = present.firstIndex(where: \.isOurs) else {
                if wanted.isEmpty { continue }
                return nil
            }
            let run = present[first...].prefix(while: \.isOurs)
            // Several places in one chain could not be told apart.
            guard holders.count(where: { $0.chain == holder.chain }) == 1,
                run.count == present.count(where: \.isOurs)
            else { return nil }
            operations += wanted.map { .addRule($0, to: holder.chain, .before(handle: run[first].handle)) }
            operations += run.map { .deleteRule(holder.chain, handle: $0.handle) }
        }
        return operations
    }
}
