// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Control

@Suite struct FrameBufferTests {
    @Test(arguments: 1...7) func `frames that arrive in pieces of any size are read whole`(piece: Int) throws
    {
        var buffer = FrameBuffer(limit: 10)
        let bytes = Array("one\0\0three\0ten letter\0".utf8)
        var frames: [String] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            buffer.append(bytes[start..<min(start + piece, bytes.count)])
            while let frame = try buffer.next() { frames.append(String(decoding: frame, as: UTF8.self)) }
        }
        #expect(frames == ["one", "", "three", "ten letter"])
        #expect(buffer.isEmpty)
    }

    @Test(arguments: ["eleven....s", "eleven....s\0", "ok\0eleven....s"])
    func `a frame above the limit is an error, even before its end has arrived`(text: String) {
        var buffer = FrameBuffer(limit: 10)
        buffer.append(Array(text.utf8)[...])
        #expect(throws: FrameBuffer.TooLong.self) { while try buffer.next() != nil {} }
    }
}
