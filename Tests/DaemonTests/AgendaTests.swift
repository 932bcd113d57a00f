// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Daemon

struct AgendaTests {
    @Test func `the earliest duty is due first, is removed when taken, and can be moved`() {
        let start = ContinuousClock.now
        var agenda = Agenda()
        agenda.set(.renew, at: start + .seconds(60))
        agenda.set(.look, at: start + .seconds(5))
        #expect(agenda.next == start + .seconds(5))
        #expect(agenda.takeDue(at: start + .seconds(1)) == [])
        #expect(agenda.takeDue(at: start + .seconds(5)) == [.look])
        #expect(agenda.next == start + .seconds(60))
        agenda.set(.renew, at: start + .seconds(90))
        #expect(agenda.takeDue(at: start + .seconds(60)) == [])
        #expect(agenda.takeDue(at: start + .seconds(90)) == [.renew])
        #expect(agenda.next == nil)
    }
}
