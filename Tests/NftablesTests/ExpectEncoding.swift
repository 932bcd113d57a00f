// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Nftables

/// The encoded transaction in hexadecimal, four bytes per line. Its first message has the sequence number 7.
func encodedLines(_ operations: [Nftables.Operation], generation: UInt32 = 0) throws -> [String] {
    let bytes = try EncodedTransaction(operations, sequence: 7, generation: generation).bytes
    return stride(from: 0, to: bytes.count, by: 4).map { start in
        bytes[start..<min(start + 4, bytes.count)].map(hexadecimal).joined(separator: " ")
    }
}

private func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

/// Compares the messages between BATCH_BEGIN and BATCH_END with `text`, each line of which has four bytes in
/// hexadecimal (11 characters), followed by their meaning. If they differ, the failure shows both side by side.
func expectEncoding(
    of operations: [Nftables.Operation], is text: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    // BATCH_BEGIN and BATCH_END have 20 bytes each.
    let frameLines = 5
    let encoded = try Array(encodedLines(operations).dropFirst(frameLines).dropLast(frameLines))
    let lines = text.split(separator: "\n").map(String.init)
    let expected = lines.map { String($0.prefix(11)) }
    guard encoded != expected else { return }
    let rows = (0..<max(encoded.count, expected.count)).map { row in
        let (left, right) = (
            row < encoded.count ? encoded[row] : "           ", row < lines.count ? lines[row] : ""
        )
        return "\(left) \(right.hasPrefix(left) ? " " : "|") \(right)"
    }
    Issue.record(
        "\(nftText(of: operations))encoded      expected\n\(rows.joined(separator: "\n"))",
        sourceLocation: sourceLocation)
}
