// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables

/// The rule that decided about a packet or, without a handle, the policy of a base chain.
public struct DecidingRule: Hashable, Sendable {
    public var chain: ChainName
    public var handle: UInt64?

    public init(_ chain: ChainName, rule handle: UInt64?) {
        self.chain = chain
        self.handle = handle
    }
}

/// The fate of a probe.
public enum ProbeOutcome: Hashable, Sendable {
    /// The last point at which a packet was seen that neither nf_tables stopped nor arrived.
    public enum Whereabouts: Hashable, Sendable {
        /// nf_tables never saw it.
        case nowhere
        /// Between the hooks of this way.
        case interface, prerouting, routing, input, forward, output, postrouting
    }

    /// It came to the end of the way. `by` are the rules that accepted it, in the order in which it met them;
    /// `through` are all chains in which anything was said of it.
    case passes(by: [DecidingRule], through: Set<ChainName> = [])
    case blocked(by: DecidingRule)
    /// It was for this host and is forwarded: a nat rule translates its address.
    case forwarded
    /// A program that listens to a queue has it, and has not given it back in time.
    case queued(UInt16, by: DecidingRule)
    /// Something else than nf_tables dropped it, or the routing refused it.
    case vanished(Whereabouts)
}

/// Reads what became of a probe from the steps that it took.
struct Journey {
    private let table: ProbeTable
    private var packet: UInt32?
    private var accepted: [DecidingRule] = []
    private var visited: Set<ChainName> = []
    private var queued: (number: UInt16, by: DecidingRule)?
    private var last: ProbeTable.Stage?
    /// nil until a step has decided.
    private(set) var end: ProbeOutcome?

    init(in table: ProbeTable) { self.table = table }

    /// Goes one step further; steps of other packets are passed over.
    mutating func take(_ step: TraceStep) {
        let stage = table.stage(of: step.chain)
        // Traced packets of others come by as well, but only ours match one of our rules.
        if packet == nil, stage != nil, case .rule = step.event { packet = step.packet }
        guard step.packet == packet, end == nil else { return }
        // The number may be given again, to a packet of another examination.
        guard stage != nil || !ProbeTable.isProbeTable(step.chain.table) else { return }
        queued = nil
        if let stage { return reach(stage, step.event) }
        visited.insert(step.chain)
        switch step.event {
        case .rule(let handle, .drop): end = .blocked(by: DecidingRule(step.chain, rule: handle))
        case .policy(.drop): end = .blocked(by: DecidingRule(step.chain, rule: nil))
        case .rule(let handle, .accept): accepted.append(DecidingRule(step.chain, rule: handle))
        case .rule(let handle, .queue(let number)): queued = (number, DecidingRule(step.chain, rule: handle))
        default: break
        }
    }

    private mutating func reach(_ stage: ProbeTable.Stage, _ event: TraceStep.Event) {
        last = stage
        guard case .rule(_, .drop) = event else { return }
        end = stage == .forwarding ? .forwarded : .passes(by: accepted, through: visited)
    }

    /// The outcome when no further step came.
    var endAfterWaiting: ProbeOutcome {
        if let end { return end }
        if let queued { return .queued(queued.number, by: queued.by) }
        return .vanished(whereabouts)
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
