// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Platform

/// Sends test packets through the hooks of the calling thread's network namespace and determines their
/// outcomes.
///
/// No packet reaches a program or the network. No rule stays: the kernel removes the table when this object's
/// socket is closed, even after SIGKILL. Counters of the host's rules do count test packets. Needs
/// CAP_NET_ADMIN and, for the packets, CAP_NET_RAW, CAP_SETUID and CAP_BPF. Not for concurrent use; only on
/// the creating thread or another thread of the same network namespace.
public final class Prober {
    private let connection: RulesetConnection
    private var traces: PacketTraces
    private let cookie = ProbeCookie()
    private let table: ProbeTable
    private let interface: NetworkInterface
    private let hardwareAddress: [UInt8]
    /// True when the ingress hook is traced too.
    public let tracesIngress: Bool

    /// The time to wait for the steps of the trace. They arrive within a millisecond, unless the packet is
    /// queued to a program that decides about it.
    private static let stepTimeout = Duration.milliseconds(500)
    /// The maximum number of test packets for one outcome: steps of the trace may be lost.
    private static let attempts = 5

    /// Incoming test packets arrive on this interface.
    public init(interface: NetworkInterface) throws(NftablesError) {
        self.interface = interface
        do throws(SystemError) { hardwareAddress = try interface.hardwareAddress } catch {
            throw .system(error)
        }
        connection = try RulesetConnection()
        traces = try PacketTraces()
        (table, tracesIngress) = try Self.addTable(interface, cookie, connection)
    }

    /// Adds the table, without the ingress hook if the kernel lacks it (before 5.10).
    private static func addTable(
        _ interface: NetworkInterface, _ cookie: ProbeCookie, _ connection: RulesetConnection
    ) throws(NftablesError) -> (ProbeTable, tracesIngress: Bool) {
        let full = ProbeTable(ownerPort: connection.portID, cookie: cookie, device: interface.name)
        do throws(NftablesError) {
            try connection.commit(full.operations)
            return (full, true)
        } catch .rejected {
            let plain = ProbeTable(ownerPort: connection.portID, cookie: cookie, device: nil)
            try connection.commit(plain.operations)
            return (plain, false)
        }
    }

    /// Sends a test packet and follows it. Blocks, usually for less than a millisecond.
    ///
    /// - Throws: ``NftablesError`` when the packet cannot be sent, for instance without a route.
    public func outcome(of probe: Probe) throws(NftablesError) -> ProbeOutcome {
        for _ in 0..<Self.attempts {
            // Discard steps of earlier packets.
            if try traces.steps(until: .now) == nil { traces = try PacketTraces() }
            if let outcome = try follow(probe) { return outcome }
            traces = try PacketTraces()
        }
        throw .malformed("so many packets are traced that none can be followed")
    }

    /// The rule that decided, if it still exists, and its position in the chain, counted from 1; nil for a policy.
    public func rule(of decision: TracedRule) throws(NftablesError) -> (rule: Rule, position: Int)? {
        guard let handle = decision.handle else { return nil }
        let rules = try connection.rules(of: decision.chain)
        guard let index = rules.firstIndex(where: { $0.handle == handle }) else { return nil }
        return (rules[index], index + 1)
    }

    /// Adds the table again if it is gone, and then returns true. The kernel removes it by mistake when
    /// another process closes a netlink socket just as ours gets the same port number.
    private func restoreTable() throws(NftablesError) -> Bool {
        if try connection.tables().contains(where: { $0.name == table.name }) { return false }
        try connection.commit(table.operations)
        return true
    }

    /// Returns nil when steps were lost or the table was gone.
    private func follow(_ probe: Probe) throws(NftablesError) -> ProbeOutcome? {
        let denial: SystemError?
        do throws(SystemError) { denial = try send(probe) } catch { throw .system(error) }
        let deadline = ContinuousClock.now.advanced(by: Self.stepTimeout)
        var evaluation = TraceEvaluation(in: table)
        while evaluation.end == nil, ContinuousClock.now < deadline {
            guard let steps = try traces.steps(until: deadline) else { return nil }
            for step in steps { evaluation.take(step) }
        }
        if evaluation.end == nil, try restoreTable() { return nil }
        // A filter that drops the packet is seen in a step; without steps, the packet was not sent at all.
        if let denial, evaluation.outcomeAfterTimeout == .lost(.nowhere) { throw .system(denial) }
        for decision in evaluation.possibleRedirections
        where try rule(of: decision)?.rule.changesDestination == true {
            return .redirected(by: decision, evaluation.outcomeAfterTimeout)
        }
        return evaluation.outcomeAfterTimeout
    }

    /// Sends the packet. Returns the error when the kernel denies sending: either a filter dropped the
    /// packet, as our own table does in the end, or the process may not send such packets.
    private func send(_ probe: Probe) throws(SystemError) -> SystemError? {
        switch probe.path {
        case .in:
            try PacketInjector.inject(frame: probe.frame(cookie, to: hardwareAddress), on: interface)
        case .out(let user):
            do throws(SystemError) {
                try PacketInjector.send(packet: probe.packet(cookie), as: user)
            } catch  where error.kind == .denied {
                return error
            }
        }
        return nil
    }
}

extension Rule {
    /// True for a rule of a chain at prerouting or output that sends packets to another address or port.
    fileprivate var changesDestination: Bool {
        expressions.contains { expression in
            switch expression {
            case .other("nat"), .other("redir"): true
            case .target(let name, _, _): ["DNAT", "REDIRECT", "NETMAP"].contains(name)
            default: false
            }
        }
    }
}
