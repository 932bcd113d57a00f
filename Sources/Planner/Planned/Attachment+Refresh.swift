// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Attachment {
    /// The operations that put these openings in force here for another lease, without reading the ruleset.
    ///
    /// They change the elements of our sets, not rules. The transaction fails when a set of ours is missing.
    /// Empty for attachments without sets: ``refill(_:lease:now:rules:)`` serves those of iptables, and firewalld's
    /// rules are renewed through firewalld.
    public func refresh(_ openings: Openings, lease: Duration) -> [Operation] {
        switch kind {
        case .ownTable, .native, .anchor:
            return openings.elements(of: SetNames(in: table), lease: lease).flatMap { set, elements in
                // Deleting an element that has expired fails; flushing always works.
                [.flushSet(set)] + (elements.isEmpty ? [] : [.addElements(set, elements)])
            }
        case .iptables, .firewalld:
            return []
        }
    }

    /// The chains whose rules ``refill(_:lease:now:rules:)`` replaces: in iptables' tables, those with a rule for each
    /// port. Empty for other attachments.
    public var refilledChains: [ChainName] { kind == .iptables ? holders.map(\.chain) : [] }

    /// The operations that replace our rules in ``refilledChains`` by those for `openings`. `rules` are the
    /// present rules of these chains. The transaction names their handles, so that it fails if one of them has been
    /// deleted.
    ///
    /// Returns nil if the place of the new rules does not follow from the present rules: then the whole ruleset must be
    /// read.
    public func refill(
        _ openings: Openings, lease: Duration, now: WallTime, rules: [ChainName: RuleList]
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
            let block = present[first...].prefix(while: \.isOurs)
            // With several places in one chain, or foreign rules between ours, it is unknown which rules belong to
            // which place.
            guard holders.count(where: { $0.chain == holder.chain }) == 1,
                block.count == present.count(where: \.isOurs)
            else { return nil }
            operations += wanted.map { .addRule($0, to: holder.chain, .before(handle: block[first].handle)) }
            operations += block.map { .deleteRule(holder.chain, handle: $0.handle) }
        }
        return operations
    }
}
