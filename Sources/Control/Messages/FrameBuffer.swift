// SPDX-License-Identifier: GPL-2.0-or-later

/// Received bytes, from which frames are taken. Each frame ends with a zero byte. An empty buffer uses no
/// memory.
struct FrameBuffer {
    /// The frame being received is longer than the limit.
    struct TooLong: Error {}

    private let limit: Int
    private var bytes: [UInt8] = []
    /// The start of the first frame; the bytes before it have been taken.
    private var start = 0
    /// The number of bytes that have been searched for a zero byte.
    private var searched = 0

    /// `limit` is the maximum length of a frame, without its zero byte.
    init(limit: Int) { self.limit = limit }

    /// The number of bytes stored.
    var count: Int { bytes.count }
    var isEmpty: Bool { bytes.isEmpty }

    mutating func append(_ new: ArraySlice<UInt8>) { bytes.append(contentsOf: new) }

    /// The next complete frame, without its zero byte; nil when there is none.
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
