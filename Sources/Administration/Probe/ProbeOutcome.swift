// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// The rule that decided about a packet; with handle nil, the policy of a base chain.
public struct DecidingRule: Hashable, Sendable {
    public var chain: ChainName
    public var handle: UInt64?

    public init(_ chain: ChainName, rule handle: UInt64?) {
        self.chain = chain
        self.handle = handle
    }
}

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
    case passes(by: [DecidingRule], through: Set<ChainName> = [])
    case blocked(by: DecidingRule)
    /// The packet was addressed to this host but is forwarded.
    case forwarded
    /// This rule of a chain of type nat changed the packet's destination; the second value is the outcome after
    /// that.
    indirect case redirected(by: DecidingRule, ProbeOutcome)
    /// A rule passed the packet to a queue, and the program that listens to the queue did not return
    /// it in time.
    case queued(UInt16, by: DecidingRule)
    /// The packet was dropped by something else than nf_tables, or refused by routing.
    case lost(Whereabouts)
}

/// Derives the outcome of a test packet from the trace of its steps.
struct TraceEvaluation {
    private let table: ProbeTable
    private var packet: UInt32?
    private var accepted: [DecidingRule] = []
    /// The accepting rules at the hooks where rules can change the destination.
    private(set) var possibleRedirections: [DecidingRule] = []
    private var visited: Set<ChainName> = []
    private var queued: (number: UInt16, by: DecidingRule)?
    private var last: ProbeTable.Stage?
    /// The outcome; nil until a step has decided.
    private(set) var end: ProbeOutcome?

    init(in table: ProbeTable) { self.table = table }

    /// Handles the next step. Steps of other packets are ignored.
    mutating func take(_ step: TraceStep) {
        let stage = table.stage(of: step.chain)
        // Packets of others may be traced too, but only test packets match our rules.
        if packet == nil, stage != nil, case .rule = step.event { packet = step.packet }
        guard step.packet == packet, end == nil else { return }
        // The packet ID may be reused for a packet of another examination.
        guard stage != nil || !ProbeTable.isProbeTable(step.chain.table) else { return }
        // A further step shows that the packet has left the queue.
        queued = nil
        if let stage { return reach(stage, step.event) }
        visited.insert(step.chain)
        switch step.event {
        case .rule(let handle, .drop): end = .blocked(by: DecidingRule(step.chain, rule: handle))
        case .policy(.drop): end = .blocked(by: DecidingRule(step.chain, rule: nil))
        case .rule(let handle, .accept):
            let rule = DecidingRule(step.chain, rule: handle)
            accepted.append(rule)
            if last == .arrival || last == .sending { possibleRedirections.append(rule) }
        case .rule(let handle, .queue(let number)): queued = (number, DecidingRule(step.chain, rule: handle))
        default: break
        }
    }

    private mutating func reach(_ stage: ProbeTable.Stage, _ event: TraceStep.Event) {
        last = stage
        guard case .rule(_, .drop) = event else { return }
        end = stage == .forwarding ? .forwarded : .passes(by: accepted, through: visited)
    }

    /// The outcome when no further step has arrived in time.
    var outcomeAfterTimeout: ProbeOutcome {
        if let end { return end }
        if let queued { return .queued(queued.number, by: queued.by) }
        return .lost(whereabouts)
    }

    private var whereabouts: ProbeOutcome.Whereabouts {
        switch last {
        case nil: .nowhere
        case .interface: .interface
        case .arrival: .prerouting
        case .routing: .routing
        case .entry, .delivery: .input
        case .transit, .forwarding: .forward
        case .sending: .output
        case .sent, .departure: .postrouting
        }
    }
}
