// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// The result of sending a test packet.
public enum ProbeOutcome: Hashable, Sendable {
    /// The last point at which a packet was seen that did not arrive and that nf_tables did not drop.
    public enum Whereabouts: Hashable, Sendable {
        /// nf_tables has not seen the packet.
        case nowhere
        /// At this hook, or after it; `interface` is the hook ingress, `routing` is the end of prerouting.
        case interface, prerouting, routing, input, forward, output, postrouting
    }

    /// The packet reached the end. `by` are the rules that accepted it, in order; `through` are all chains in
    /// which a rule matched it or whose end it reached.
    case passes(by: [TracedRule], through: Set<ChainName> = [])
    case blocked(by: TracedRule)
    /// The packet was addressed to this host but is forwarded.
    case forwarded
    /// This rule of a chain of type nat changed the packet's destination; the second value is the outcome after
    /// that.
    indirect case redirected(by: TracedRule, ProbeOutcome)
    /// A rule passed the packet to a queue, and the program that listens to the queue did not return
    /// it in time.
    case queued(UInt16, by: TracedRule)
    /// The packet was dropped by something else than nf_tables, or refused by routing.
    case lost(Whereabouts)
}
