// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Platform
import TeredoProtocol
import TestSupport
import Testing

@testable import Administration
@testable import Firewalls

private let table = ProbeTable(ownerPort: 7, cookie: ProbeCookie(), device: "eth0")
private let filter = ChainName(TableName(.inet, "filter"), "input")
private let late = ChainName(TableName(.inet, "filter"), "late")
/// The packet ID of the probe in the trace.
private let probeID: UInt32 = 0xABCD

/// A step in a chain of the probe table.
private func tableStep(_ stage: ProbeTable.Stage, _ event: TraceStep.Event, packet: UInt32 = probeID)
    -> TraceStep
{
    TraceStep(packet: packet, chain: table.chain(stage), event: event)
}

/// A step in a chain of the host.
private func step(
    _ event: TraceStep.Event, in chain: ChainName = filter, packet: UInt32 = probeID
) -> TraceStep {
    TraceStep(packet: packet, chain: chain, event: event)
}

/// The first trace steps of an incoming probe, with a hook at ingress.
private let start = [
    tableStep(.interface, .rule(handle: 5, .continue)), tableStep(.interface, .policy(.accept)),
    tableStep(.arrival, .rule(handle: 6, .continue)), tableStep(.arrival, .policy(.accept)),
]

/// The probe table of another examination.
private let otherTable = ProbeTable(ownerPort: 8, cookie: ProbeCookie(), device: "eth0")

struct TraceEvaluationTests {
    @Test(
        arguments: [
            ("delivered", [tableStep(.delivery, .rule(handle: 9, .drop))], .passes(by: [])),
            (
                "accepted by two chains",
                [
                    step(.rule(handle: 1, .jump("services"))), step(.rule(handle: 2, .accept)),
                    step(.rule(handle: 3, .accept), in: late),
                    tableStep(.delivery, .rule(handle: 9, .drop)),
                ],
                .passes(
                    by: [TracedRule(filter, rule: 2), TracedRule(late, rule: 3)],
                    through: [filter, late])
            ),
            (
                "dropped by a rule", [step(.rule(handle: 4, .drop))],
                .blocked(by: TracedRule(filter, rule: 4))
            ),
            ("dropped by a policy", [step(.policy(.drop))], .blocked(by: TracedRule(filter, rule: nil))),
            (
                "dropped after being accepted",
                [step(.rule(handle: 2, .accept)), step(.policy(.drop), in: late)],
                .blocked(by: TracedRule(late, rule: nil))
            ),
            (
                "another packet is dropped",
                [
                    step(.policy(.drop), packet: 1), tableStep(.entry, .policy(.accept), packet: 1),
                    tableStep(.delivery, .rule(handle: 9, .drop)),
                ],
                .passes(by: [])
            ),
            (
                "another examination drops a packet with the same number",
                [
                    step(.rule(handle: 3, .drop), in: otherTable.chain(.delivery)),
                    tableStep(.delivery, .rule(handle: 9, .drop)),
                ],
                .passes(by: [])
            ),
            ("forwarded", [tableStep(.forwarding, .rule(handle: 9, .drop))], .forwarded),
            (
                "queued",
                [step(.rule(handle: 8, .queue(3)))], .queued(3, by: TracedRule(filter, rule: 8))
            ),
            (
                "queued, then delivered",
                [step(.rule(handle: 8, .queue(3))), tableStep(.delivery, .rule(handle: 9, .drop))],
                .passes(by: [], through: [filter])
            ),
            ("lost in prerouting", [], .lost(.prerouting)),
            ("refused by routing", [tableStep(.routing, .policy(.accept))], .lost(.routing)),
            (
                "lost in input",
                [tableStep(.routing, .policy(.accept)), tableStep(.entry, .policy(.accept))],
                .lost(.input)
            ),
        ] as [(String, [TraceStep], ProbeOutcome)])
    func `the outcome of a packet is derived from its trace`(
        name: String, steps: [TraceStep], outcome: ProbeOutcome
    ) {
        var evaluation = TraceEvaluation(in: table)
        for step in start + steps { evaluation.take(step) }
        #expect(evaluation.outcomeAfterTimeout == outcome)
    }

    @Test func `steps of other packets are ignored`() {
        var evaluation = TraceEvaluation(in: table)
        evaluation.take(step(.policy(.drop)))
        evaluation.take(tableStep(.arrival, .policy(.accept), packet: 3))
        evaluation.take(step(.policy(.drop), packet: 3))
        #expect(evaluation.end == nil)
        #expect(evaluation.outcomeAfterTimeout == .lost(.nowhere))
    }
}

struct ProbePacketTests {
    private let probe = Probe(
        .in, from: IPv4Address(192, 175, 48, 1), port: 50000, to: IPv4Address(10, 64, 0, 1), port: 41234)

    /// The ones' complement sum of RFC 1071, which is 0xFFFF for bytes that contain their checksum.
    private func sum(_ bytes: some Collection<UInt8>) -> UInt32 {
        var sum: UInt32 = 0
        for (index, byte) in bytes.enumerated() { sum += UInt32(byte) << (index % 2 == 0 ? 8 : 0) }
        while sum > 0xFFFF { sum = (sum >> 16) + (sum & 0xFFFF) }
        return sum
    }

    @Test func `a probe is a Teredo bubble with correct checksums`() {
        let cookie = ProbeCookie()
        let packet = probe.packet(cookie)
        // The headers of IPv4, UDP and IPv6.
        #expect(packet.count == 20 + 8 + 40)
        #expect(sum(packet[..<20]) == 0xFFFF)
        // The addresses, UDP's protocol number, and the length of the UDP packet.
        let pseudoHeader = packet[12..<20] + [0, 17, 0, 48]
        #expect(sum(pseudoHeader + packet[20...]) == 0xFFFF)
        // The ports 50000 and 41234.
        #expect(packet[20..<24] == [0xC3, 0x50, 0xA1, 0x12])
        // IPv6, no content, next header 59 (RFC 4380, 2.8), hop limit 255.
        #expect(packet[28..<36] == [0x60, 0, 0, 0, 0, 0, 59, 255])
        let start = 20 + Int(ProbeCookie.offset)
        #expect(Array(packet[start..<start + 16]) == cookie.bytes)
        #expect(cookie.bytes.starts(with: [0x20, 0x01, 0, 0]))
        #expect(cookie != ProbeCookie())
    }

    @Test func `a frame has the hardware address of the interface, or of the group`() {
        let hardware: [UInt8] = [2, 4, 6, 8, 10, 12]
        #expect(probe.frame(ProbeCookie(), to: hardware).prefix(6) == hardware[...])
        var group = probe
        group.destination = IPv4Address(224, 0, 0, 253)
        let frame = group.frame(ProbeCookie(), to: hardware)
        #expect(frame.prefix(6) == [0x01, 0x00, 0x5E, 0x00, 0x00, 0xFD])
        // The EtherType of IPv4, and the TTL, byte 8 of the IPv4 header.
        #expect(frame[12..<14] == [0x08, 0x00])
        #expect(frame[14 + 8] == 1, "packets to the group must not be routed")
    }
}

@Suite(.enabledAsRoot) struct ProbeTableTests {
    @Test func `the probe table equals the table that nft makes of its text`() throws {
        let (link, reference) = (try Link(), try Link())
        let table = ProbeTable(ownerPort: 7, cookie: ProbeCookie(), device: "wire")
        // Without the owner flag, because nft could not list the table of another owner, and the table would
        // end with the connection.
        let operations = table.operations.map { operation in
            guard case .addTable(var table) = operation else { return operation }
            table.flags = 0
            return .addTable(table)
        }
        try link.host.connection().commit(operations)
        try reference.host.nft(load: nftText(of: operations))
        #expect(try link.host.listing() == reference.host.listing())
        #expect(try link.host.listing().contains("meta nftrace set 1"))
        withExtendedLifetime((link.peer, reference.peer)) {}
    }

    @Test func `other programs can neither change nor flush the probe table`() throws {
        let host = try NetworkNamespace.forTest()
        let owner = try host.connection()
        let table = ProbeTable(ownerPort: owner.portID, cookie: ProbeCookie(), device: nil)
        try owner.commit(table.operations)
        #expect(throws: CommandFailure.self) {
            try host.nft("delete", "table", "inet", table.name.name)
        }
        try host.nft("flush", "ruleset")
        #expect(try host.listing().contains(table.name.name))
    }

    @Test func `the probe table is removed with its socket`() throws {
        let host = try NetworkNamespace.forTest()
        do {
            let owner = try host.connection()
            let table = ProbeTable(ownerPort: owner.portID, cookie: ProbeCookie(), device: nil)
            try owner.commit(table.operations)
            #expect(try host.listing().contains(table.name.name))
        }
        #expect(try host.listing() == "")
    }
}
