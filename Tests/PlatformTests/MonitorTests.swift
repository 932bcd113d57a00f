// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import Testing

@Suite struct MonitorTests {
    @Test func `a wait ends when another thread makes the awaited change`() throws {
        let value = Monitor(0)
        let thread = try WorkerThread(name: "count") {
            for _ in 0..<1000 { value.withLock { $0 += 1 } }
        }
        #expect(value.wait(atMost: .seconds(30)) { $0 == 1000 ? $0 : nil } == 1000)
        #expect(!thread.isCurrent)
        thread.join()
    }

    @Test func `a wait with a limit ends at the limit`() {
        #expect(Monitor(0).wait(atMost: .milliseconds(20)) { $0 == 1 ? $0 : nil } == nil)
    }

    @Test func `a wait with a negative limit ends at once`() {
        var calls = 0
        let result = Monitor(0).wait(atMost: .nanoseconds(-999_999_999)) { _ in
            calls += 1
            return calls > 1000 ? calls : nil
        }
        #expect(result == nil)
    }
}
