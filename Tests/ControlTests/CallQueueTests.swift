// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Control

@Suite struct CallQueueTests {
    @Test func `calls beyond the limit of a lane begin in their order when earlier ones end`() {
        var queue = CallQueue(limit: 2)
        func root(_ client: UInt64) -> CallQueue.Caller { CallQueue.Caller(client: client, user: 0) }
        let began =
            (1...5).map { queue.begin(root($0), in: .reading) } + [queue.begin(root(6), in: .changing)]
        #expect(began == [true, true, false, false, false, true])
        queue.forget(4)
        // The ended calls are root's, whose user ID is 0.
        let next = [
            queue.end(of: 0, in: .reading), queue.end(of: 0, in: .changing), queue.end(of: 0, in: .reading),
            queue.end(of: 0, in: .reading),
        ]
        #expect(next == [3, nil, 5, nil])
        // One call of the lane is in progress, of two allowed.
        let again = [queue.begin(root(7), in: .reading), queue.begin(root(8), in: .reading)]
        #expect(again == [true, false])
    }

    @Test func `a user other than root has one call at a time and does not delay others`() {
        var queue = CallQueue(limit: 3)
        let began = [
            CallQueue.Caller(client: 1, user: 5), CallQueue.Caller(client: 2, user: 5),
            CallQueue.Caller(client: 3, user: 6), CallQueue.Caller(client: 4, user: 0),
            CallQueue.Caller(client: 5, user: 6),
        ]
        .map { queue.begin($0, in: .reading) }
        #expect(began == [true, false, true, true, false])
        // The end of root's call makes room, but the users of both waiting calls have a call in progress.
        #expect(queue.end(of: 0, in: .reading) == nil)
        #expect(queue.end(of: 6, in: .reading) == 5)
        #expect(queue.end(of: 5, in: .reading) == 2)
    }
}
