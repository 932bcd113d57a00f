// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Derives the outcome of a test packet from the trace of its steps.
struct TraceEvaluation {
    private let table: ProbeTable
    private var packet: UInt32?
    private var accepted: [TracedRule] = []
    /// The accepting rules at the hooks where rules can change the destination.
    private(set) var possibleRedirections: [TracedRule] = []
    private var visited: Set<ChainName> = []
    private var queued: (number: UInt16, by: TracedRule)?
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
        case .rule(let handle, .drop): end = .blocked(by: TracedRule(step.chain, rule: handle))
        case .policy(.drop): end = .blocked(by: TracedRule(step.chain, rule: nil))
        case .rule(let handle, .accept):
            let rule = TracedRule(step.chain, rule: handle)
            accepted.append(rule)
            if last == .arrival || last == .sending { possibleRedirections.append(rule) }
        case .rule(let handle, .queue(let number)): queued = (number, TracedRule(step.chain, rule: handle))
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
