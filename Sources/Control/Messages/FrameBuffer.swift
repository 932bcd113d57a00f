// SPDX-License-Identifier: GPL-2.0-or-later

/// Bytes on their way to becoming frames, each of which ends with a zero byte. Empty, it holds no memory.
struct FrameBuffer {
    /// The frame under way has grown beyond the limit.
    struct TooLong: Error {}

    private let limit: Int
    private var bytes: [UInt8] = []
    /// Start of the first frame; bytes before it have been handed out.
    private var start = 0
    /// Up to where there is no zero byte, counted from the beginning.
    private var searched = 0

    /// Frames are at most `limit` bytes, the final zero not counted.
    init(limit: Int) { self.limit = limit }

    /// Bytes of memory that it takes.
    var count: Int { bytes.count }
    var isEmpty: Bool { bytes.isEmpty }

    mutating func append(_ new: ArraySlice<UInt8>) { bytes.append(contentsOf: new) }

    /// The next whole frame, without its zero byte.
    mutating func next() throws(TooLong) -> [UInt8]? {
        guard let end = bytes[searched...].firstIndex(of: 0) else {
            searched = bytes.count
            if bytes.count - start > limit { throw TooLong() }
            compact()
            return nil
        }
        if end - start > limit { throw TooLong() }
        defer {
            start = end + 1
            searched = start
            if start == bytes.count { self = FrameBuffer(limit: limit) }
        }
        return Array(bytes[start..<end])
    }

    private mutating func compact() {
        if start == 0 { return }
        bytes = Array(bytes[start...])
        searched -= start
        start = 0
    }
}
