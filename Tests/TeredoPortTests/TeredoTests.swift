// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import TestSupport
import Testing

@testable import TeredoPort

/// Tests the public functions that work for any user and in any environment.
@Suite struct TeredoTests {
    private let absentUser = "no-such-user-\(getpid())"

    @Test func `without a client there is no port`() {
        #expect(throws: TeredoError.notReady) { try Teredo.port(user: absentUser) }
    }

    @Test func `without a client the set of ports is empty`() throws {
        #expect(try Teredo.ports(user: absentUser).isEmpty)
    }

    @Test func `a registration before there is a client gets its initial notification`() throws {
        let events = Record<TeredoPortEvent>()
        let registration = try Teredo.notifyPortChange(initial: true, user: absentUser) { events.append($0) }
        #expect(events.all == [.initial])
        Teredo.rescan()
        try registration.cancel()
        #expect(events.all == [.initial])
    }

    @Test func `the sequence begins with the initial notification if requested, and ends with its task`()
        async throws
    {
        let changes = try Teredo.portChanges(initial: true, user: absentUser)
        let task = Task {
            var events: [TeredoPortEvent] = []
            for await event in changes { events.append(event) }
            return events
        }
        task.cancel()
        #expect(await task.value == [.initial])
    }
}
