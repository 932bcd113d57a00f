// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Platform

@Suite struct EventQueueTests {
    @Test(arguments: [Duration.milliseconds(-500), .nanoseconds(-1), .seconds(-2)])
    func `a wait with a negative timeout ends at once`(timeout: Duration) throws {
        let queue = try EventQueue()
        let hasEnded = Monitor(false)
        // Ends a wait that would have no limit, so that the test fails instead of blocking.
        let waker = try WorkerThread(name: "wake") {
            _ = hasEnded.wait(atMost: .seconds(5)) { $0 ? () : nil }
            queue.wake()
        }
        #expect(try queue.wait(timeout: timeout) == [])
        hasEnded.withLock { $0 = true }
        waker.join()
    }

    @Test func `a negative duration means zero milliseconds, and only nil means no limit`() {
        for duration in [Duration.milliseconds(-500), .nanoseconds(-1), .seconds(-2), .zero] {
            #expect(Duration?.some(duration).milliseconds == 0)
        }
        #expect(Duration?.some(.nanoseconds(1)).milliseconds == 1)
        #expect(Duration?.none.milliseconds == -1)
    }
}
