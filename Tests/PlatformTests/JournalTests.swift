// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Platform

@Suite struct JournalTests {
    @Test func `a value of one line follows its name`() {
        #expect(
            Journal.entry([("MESSAGE", "port 1"), ("PRIORITY", "5")])
                == Array("MESSAGE=port 1\nPRIORITY=5\n".utf8))
    }

    @Test func `a value with a line end is sent with its length`() {
        let entry = Journal.entry([("MESSAGE", "a\nbc")])
        #expect(entry == Array("MESSAGE\n".utf8) + [4, 0, 0, 0, 0, 0, 0, 0] + Array("a\nbc\n".utf8))
    }
}
