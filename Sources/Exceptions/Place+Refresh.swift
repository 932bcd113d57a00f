// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

extension Place {
    /// What makes these openings the ones in force here, for another lease, without looking at the ruleset.
    ///
    /// Only ports can change in this way, not which rules there are. Fails when an object of ours is missing.
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
}
