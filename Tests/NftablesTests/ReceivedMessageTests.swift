// SPDX-License-Identifier: GPL-2.0-or-later
import CNftables
import Testing

@testable import Nftables

/// Tests the values that are read from messages of the kernel. `MessageTests` lists the types of the attributes.
struct ReceivedMessageTests {
    /// The verdict that is read from the trace of a rule whose verdict has this code in the kernel; nil if the
    /// message is not read as one step at a rule.
    private func verdict(_ code: UInt32) -> TraceVerdict? {
        let message = Wire.message(
            MessageTests.trace, Wire.name(1, "t"), Wire.name(2, "c"), Wire.number64(3, 7), Wire.number(4, 3),
            Wire.nested(5, Wire.number(1, code)), Wire.number(6, 9))
        var steps: [TraceStep] = []
        let status = message.withUnsafeBufferPointer { bytes in
            TraceStep.read(cnftables_bytes(start: bytes.baseAddress, length: bytes.count), into: &steps)
        }
        guard status == 0, steps.count == 1, case .rule(7, let verdict) = steps[0].event else { return nil }
        return verdict
    }

    @Test func `the verdict of a traced packet is read from the kernel's code`() {
        // NF_QUEUE is 3, with the number of the queue in the upper half and perhaps the flag 0x8000.
        #expect(verdict(3) == .queue(0))
        #expect(verdict(32767 << 16 | 3) == .queue(32767))
        #expect(verdict(32768 << 16 | 3) == .queue(32768))
        #expect(verdict(65535 << 16 | 0x8003) == .queue(65535))
        // NF_DROP is 0, with the negative errno in the upper half.
        #expect(verdict(0) == .drop)
        #expect(verdict(UInt32(bitPattern: -13 << 16)) == .drop)
        // NF_ACCEPT and NF_STOLEN.
        #expect(verdict(1) == .accept)
        #expect(verdict(2) == .stolen)
        // NFT_CONTINUE, NFT_BREAK and NFT_RETURN.
        #expect(verdict(UInt32(bitPattern: -1)) == .continue)
        #expect(verdict(UInt32(bitPattern: -2)) == .continue)
        #expect(verdict(UInt32(bitPattern: -5)) == .return)
    }

    @Test func `a malformed message among events counts as a loss`() {
        let generation = Wire.message(MessageTests.newGeneration, Wire.number(1, 5))
        let malformed = Wire.message(MessageTests.newGeneration, Wire.number(1, 6), length: 4096)
        #expect(changes(in: generation).count == 1)
        #expect(changes(in: generation + malformed) == changes(in: generation) + [.lost])
        #expect(changes(in: malformed + generation) == [.lost])
    }

    private func changes(in datagram: [UInt8]) -> [RulesetChange] {
        var reports = RulesetEvents.Reports()
        var changes: [RulesetChange] = []
        datagram.withUnsafeBufferPointer { bytes in
            reports.read(
                cnftables_bytes(start: bytes.baseAddress, length: bytes.count), .generation, into: &changes)
        }
        return changes
    }
}
