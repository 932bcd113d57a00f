// SPDX-License-Identifier: GPL-2.0-or-later
import Planner
import Testing

@testable import Daemon

@Suite struct LogTextTests {
    @Test func `a long list of ports is shortened`() {
        #expect(LogText.ports([Opening(1), Opening(2)]) == "UDP ports 1, 2")
        #expect(LogText.ports((1...8).map { Opening($0) }) == "UDP ports 1, 2, 3, 4, 5, 6, 7, 8")
        #expect(LogText.ports((1...21).map { Opening($0) }) == "UDP ports 1, 2, 3, 4, 5, 6, 7, 8 and 13 more")
    }

    @Test func `a line that is too long is cut`() {
        #expect(LogText.shortened("short") == "short")
        // The limit is 1 000 characters and an ellipsis.
        #expect(LogText.shortened(String(repeating: "x", count: 70_000)).utf8.count < 1_010)
    }
}
