// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Nftables

struct PortTransactionTests {
    private static let filter = TableName(.inet, "filter")
    private static let ours = TableName(.inet, "teredowall")

    /// Replaces the ports in two sets by this one.
    private static func replacePorts(by port: UInt16) -> [Nftables.Operation] {
        [SetName(filter, "teredowall-ports"), SetName(ours, "ports")].flatMap { set -> [Nftables.Operation] in
            [.flushSet(set), .addElements(set, [TimedElement(port, timeout: .seconds(180))])]
        }
    }

    // 0x1234 and 0x5678 are the ports for which `PortTransaction` encodes. From UInt32.max - 2 on, the sequence numbers
    // of the messages wrap around to 0.
    @Test(arguments: [1, 0x1234, 0x5678, 40000, 65535] as [UInt16], [0, 7, UInt32.max - 2])
    func `a transaction encoded in advance equals a new one`(_ port: UInt16, _ sequence: UInt32) throws {
        let prepared = try #require(try PortTransaction(Self.replacePorts))
        // Prepare it for another port first: no byte of that port may remain.
        prepared.prepare(port: 3, sequence: 99)
        prepared.prepare(port: port, sequence: sequence)
        let fresh = try EncodedTransaction(
            Self.replacePorts(by: port), sequence: sequence, generation: 0)
        #expect(prepared.transaction.bytes == fresh.bytes)
    }

    @Test func `a transaction that depends on the port in another way cannot be encoded in advance`() throws {
        let set = SetName(Self.filter, "p")
        // A timeout of as many seconds as the port, the next port instead of the port, as many elements as the port.
        #expect(
            try PortTransaction { port in
                [.addElements(set, [TimedElement(port, timeout: .seconds(Int(port)))])]
            } == nil)
        #expect(try PortTransaction { [.addElements(set, [TimedElement($0 &+ 1, timeout: nil)])] } == nil)
        #expect(
            try PortTransaction { port in
                [.addElements(set, (0..<Int(port)).map { TimedElement(UInt16($0 + 1), timeout: nil) })]
            } == nil)
    }
}
