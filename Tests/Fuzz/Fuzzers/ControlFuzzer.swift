// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Control

/// The maximum length of a frame.
private let limit = 4_096

/// Parses the bytes as the stream of a client that arrives in pieces, and each frame as a call.
@_cdecl("fuzz_control")
public func fuzzControl(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    // The first byte determines the length of the pieces.
    let piece = Int(bytes.first ?? 0) + 1
    var rest = bytes.dropFirst()
    var buffer = FrameBuffer(limit: limit)
    while !rest.isEmpty {
        buffer.append(rest.prefix(piece))
        rest = rest.dropFirst(piece)
        do throws(FrameBuffer.TooLong) {
            while let frame = try buffer.next() { answer(frame) }
        } catch {
            return 0
        }
        // What remains is the beginning of a frame; the factor is a margin.
        precondition(buffer.count <= 3 * limit)
    }
    return 0
}

private func answer(_ frame: [UInt8]) {
    precondition(frame.count <= limit && !frame.contains(0))
    // The server closes the connection after a frame that is not a call.
    guard let request = try? Request(frame: frame) else { return }
    if case .failure(let refusal) = request.method {
        let reply = Reply.failure(refusal)
        precondition(reply.count < 2_000 && reply.last == 0 && !reply.dropLast().contains(0))
    }
}
