// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Nftables

/// The encoded transaction in hexadecimal, four bytes in a line.
func encodedLines(_ operations: [Nftables.Operation], generation: UInt32 = 0) throws -> [String] {
    let bytes = try EncodedTransaction(operations, sequence: 7, generation: generation).bytes
    return stride(from: 0, to: bytes.count, by: 4).map { start in
        bytes[start..<min(start + 4, bytes.count)].map(hexadecimal).joined(separator: " ")
    }
}

private func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

/// Compares the messages between BATCH_BEGIN and BATCH_END with lines of four bytes, each followed by their
/// meaning. If they differ, the message of the failure shows both side by side.
func expectEncoding(
    of operations: [Nftables.Operation], is text: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let frame = 5
    let got = try encodedLines(operations).dropFirst(frame).dropLast(frame).map { $0 }
    let lines = text.split(separator: "\n").map(String.init)
    let want = lines.map { String($0.prefix(11)) }
    guard got != want else { return }
    let rows = (0..<max(got.count, want.count)).map { row in
        let (left, right) = (
            row < got.count ? got[row] : "           ", row < lines.count ? lines[row] : ""
        )
        return "\(left) \(right.hasPrefix(left) ? " " : "|") \(right)"
    }
    Issue.record(
        "\(nftText(of: operations))got          want\n\(rows.joined(separator: "\n"))",
        sourceLocation: sourceLocation)
}
