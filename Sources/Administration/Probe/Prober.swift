// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Platform

/// Sends packets through the hooks of the calling thread's network namespace and tells what became of them.
///
/// Nothing reaches a program or the wire, and no rule stays behind: the table that this takes belongs to a socket of
/// this object, and the kernel removes it with that, even after kill -9. Counters of the rules count the probes.
/// Needs CAP_NET_ADMIN; in addition CAP_NET_RAW, CAP_SETUID and CAP_BPF for the packets themselves.
/// Not for concurrent use, and only on the thread that made it or in the same network namespace.
public final class Prober {
    private let connection: RulesetConnection
    private var traces: PacketTraces
    private let cookie = ProbeCookie()
    private let table: ProbeTable
    private let interface: NetworkInterface
    private let hardwareAddress: [UInt8]
    /// True when netdev and ingress chains are traced too.
    public let seesInterface: Bool

    /// Steps come within a millisecond, unless a program decides about the packet.
    private static let patience = Duration.milliseconds(500)
    private static let attempts = 5

    /// Probes that come in do so on this interface.
    public init(interface: NetworkInterface) throws(NftablesError) {
        self.interface = interface
        do throws(SystemError) { hardwareAddress = try interface.hardwareAddress } catch {
            throw .system(error)
        }
        connection = try RulesetConnection()
        traces = try PacketTraces()
        (table, seesInterface) = try Self.place(interface, cookie, connection)
    }

    /// Puts the table up; without the hook at the interface where the kernel has none (before 5.10).
    private static func place(
        _ interface: NetworkInterface, _ cookie: ProbeCookie, _ connection: RulesetConnection
    ) throws(NftablesError) -> (ProbeTable, seesInterface: Bool) {
        let full = ProbeTable(author: connection.portID, cookie: cookie, device: interface.name)
        do throws(NftablesError) {
            try connection.commit(full.operations)
            return (full, true)
        } catch .rejected {
            let plain = ProbeTable(author: connection.portID, cookie: cookie, device: nil)
            try connection.commit(plain.operations)
            return (plain, false)
        }
    }

    /// True for the table of any prober.
    public static func isTable(_ name: TableName) -> Bool { ProbeTable.isProbeTable(name) }

    /// Sends the probe and follows it. Blocks, mostly for less than a millisecond.
    ///
    /// Throws when the packet cannot be made at all, as without a route.
    public func passage(of probe: Probe) throws(NftablesError) -> ProbeOutcome {
        for _ in 0..<Self.attempts {
            // Leftovers of earlier packets.
            if try traces.steps(until: .now) == nil { traces = try PacketTraces() }
            if let passage = try follow(probe) { return passage }
            traces = try PacketTraces()
        }
        throw .malformed("so many packets are traced that none can be followed")
    }

    /// The rule that decided, if it is still there; nil for a policy.
    public func rule(of decision: DecidingRule) throws(NftablesError) -> Rule? {
        guard let handle = decision.handle else { return nil }
        return try connection.rules(of: decision.chain).first { $0.handle == handle }
    }

    /// Puts the table up again if it is gone, and says whether that was so. The kernel takes it away in error when
    /// another thread closes a netlink socket at the moment at which ours gets the same port number.
    private func restoreTable() throws(NftablesError) -> Bool {
        if try connection.tables().contains(where: { $0.name == table.name }) { return false }
        try connection.commit(table.operations)
        return true
    }

    /// nil when steps were lost, or the table was.
    private func follow(_ probe: Probe) throws(NftablesError) -> ProbeOutcome? {
        let denial: SystemError?
        do throws(SystemError) { denial = try send(probe) } catch { throw .system(error) }
        let deadline = ContinuousClock.now.advanced(by: Self.patience)
        var journey = Journey(in: table)
        while journey.end == nil, ContinuousClock.now < deadline {
            guard let steps = try traces.steps(until: deadline) else { return nil }
            for step in steps { journey.take(step) }
        }
        if journey.end == nil, try restoreTable() { return nil }
        // A filter that drops a packet sees it first; else there was none.
        if let denial, journey.endAfterWaiting == .vanished(.nowhere) { throw .system(denial) }
        return journey.endAfterWaiting
    }

    /// Gives the denial when the kernel does not let the packet out: then somebody dropped it, as we do ourselves in
    /// the end, or we may not send such packets.
    private func send(_ probe: Probe) throws(SystemError) -> SystemError? {
        switch probe.way {
        case .in:
            try PacketInjector.receive(frame: probe.frame(cookie, to: hardwareAddress), on: interface)
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
