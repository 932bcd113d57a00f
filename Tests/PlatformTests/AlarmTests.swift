// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import Testing

@Suite struct AlarmTests {
    @Test func `an alarm fires at its time, or at once when signalled`() throws {
        let alarm = try Alarm()
        let set = try EventSourceSet()
        try set.add(alarm)
        #expect(try waitForEvents(from: [set], until: .now) == [false])
        alarm.set(at: .now + .milliseconds(30))
        #expect(try waitForEvents(from: [set], until: .now) == [false])
        #expect(try waitForEvents(from: [set], until: .now + .seconds(30)) == [true])
        alarm.drain()
        #expect(try waitForEvents(from: [set], until: .now) == [false])
        alarm.set(at: .now + .seconds(3600))
        alarm.signal()
        #expect(try waitForEvents(from: [set], until: .now + .seconds(30)) == [true])
    }
}
