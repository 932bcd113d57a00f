// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Daemon

@Suite struct LogTextTests {
    @Test func `of many ports the first are named, and the number of the rest`() {
        #expect(LogText.ports([1, 2]) == "UDP ports 1, 2")
        #expect(LogText.ports(Array(1...8)) == "UDP ports 1, 2, 3, 4, 5, 6, 7, 8")
        #expect(LogText.ports(Array(1...21)) == "UDP ports 1, 2, 3, 4, 5, 6, 7, 8 and 13 more")
    }

    @Test func `a line that is too long is cut`() {
        #expect(LogText.shortened("short") == "short")
        #expect(LogText.shortened(String(repeating: "x", count: 70_000)).utf8.count < 1_010)
    }
}
