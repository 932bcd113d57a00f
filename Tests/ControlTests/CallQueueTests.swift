// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Control

@Suite struct CallQueueTests {
    @Test func `places are given in order, lane by lane`() {
        var queue = CallQueue(limit: 2)
        let began = (1...5).map { queue.begin($0, in: .reading) } + [queue.begin(6, in: .changing)]
        #expect(began == [true, true, false, false, false, true])
        queue.forget(4)
        let next = [
            queue.end(in: .reading), queue.end(in: .changing), queue.end(in: .reading),
            queue.end(in: .reading),
        ]
        #expect(next == [3, nil, 5, nil])
        // One of two runs now.
        let again = [queue.begin(7, in: .reading), queue.begin(8, in: .reading)]
        #expect(again == [true, false])
    }
}
