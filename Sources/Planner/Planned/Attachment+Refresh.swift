// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Attachment {
    /// The operations that put these openings in force here for another lease, without reading the ruleset.
    ///
    /// They change ports only, not the set of rules. The transaction fails when an object of ours is missing.
    /// Empty for attachments without sets, which ``refill(_:lease:now:rules:)`` is for.
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

    /// The chains with one rule for each port, which a refresh replaces; empty for attachments with sets.
    public var refilledChains: [ChainName] { kind == .iptables ? holders.map(\.chain) : [] }

    /// The operations that replace our rules in ``refilledChains`` by those for `openings`. `rules` are the
    /// present rules of these chains; the transaction names their handles, so that it fails when they are
    /// gone.
    ///
    /// Returns nil if the present rules do not show where new ones belong: then the whole ruleset must be
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
            let run = present[first...].prefix(while: \.isOurs)
            // With several places in one chain, or foreign rules between ours, the rules of each place are
            // unknown.
            guard holders.count(where: { $0.chain == holder.chain }) == 1,
                run.count == present.count(where: \.isOurs)
            else { return nil }
            operations += wanted.map { .addRule($0, to: holder.chain, .before(handle: run[first].handle)) }
            operations += run.map { .deleteRule(holder.chain, handle: $0.handle) }
        }
        return operations
    }
}
