// SPDX-License-Identifier: GPL-2.0-or-later

/// A transaction encoded in advance, into which only the port must be written before it is committed.
public final class PortTransaction {
    let transaction: EncodedTransaction
    /// The operations for a sample port.
    let operations: [Operation]
    /// The offsets of the port in the messages, where it is in network byte order.
    private let offsets: [Int]

    /// Two sample ports that differ in both bytes.
    private static let samples: (UInt16, UInt16) = (0x1234, 0x5678)

    /// Encodes the operations. Returns nil when the encodings for two ports differ in more than the port.
    ///
    /// - Parameter operations: Returns the operations for a port, which must occur in their encoding in
    ///   network byte order.
    /// - Throws: The error of encoding.
    public init?(_ operations: (UInt16) -> [Operation]) throws(NftablesError) {
        let (sample, other) = Self.samples
        self.operations = operations(sample)
        let transaction = try EncodedTransaction(self.operations, sequence: 0, generation: 0)
        let compared = try EncodedTransaction(operations(other), sequence: 0, generation: 0)
        guard let offsets = Self.offsets(transaction.bytes, compared.bytes) else { return nil }
        self.transaction = transaction
        self.offsets = offsets
    }

    /// True when there are no operations.
    public var isEmpty: Bool { operations.isEmpty }

    /// Writes the port, and the sequence number of the first message.
    func prepare(port: UInt16, sequence: UInt32) {
        for offset in offsets { transaction.setPort(port, at: offset) }
        transaction.renumber(from: sequence)
    }

    /// The offsets at which `left` has the first sample port and `right` the second; nil if they differ elsewhere.
    private static func offsets(_ left: [UInt8], _ right: [UInt8]) -> [Int]? {
        guard left.count == right.count else { return nil }
        let differences = left.indices.filter { left[$0] != right[$0] }
        guard differences.count.isMultiple(of: 2) else { return nil }
        // Both bytes of a port differ, so that every second difference is the start of a port.
        let offsets = stride(from: 0, to: differences.count, by: 2).map { differences[$0] }
        for offset in offsets {
            guard offset + 1 < left.count, port(left, at: offset) == samples.0,
                port(right, at: offset) == samples.1
            else { return nil }
        }
        return offsets
    }

    private static func port(_ bytes: [UInt8], at offset: Int) -> UInt16 {
        UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }
}
