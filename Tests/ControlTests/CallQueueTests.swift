// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Control

@Suite struct CallQueueTests {
    @Test func `places are given in order, lane by lane`() {
        var queue = CallQueue(limit: 2)
        let began = (1...5).map { queue.begin($0, in: .reading) }
        #expect(began == [true, true, false, false, false])
        #expect(queue.begin(6, in: .changing))
        queue.forget(4)
        #expect(queue.end(in: .reading) == 3)
        #expect(queue.end(in: .changing) == nil)
        #expect(queue.end(in: .reading) == 5)
        #expect(queue.end(in: .reading) == nil)
        // One of two runs now.
        #expect(queue.begin(7, in: .reading))
        #expect(!queue.begin(8, in: .reading))
    }
}
