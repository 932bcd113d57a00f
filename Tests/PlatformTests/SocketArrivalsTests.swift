// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TestSupport
import Testing

@Suite(.enabledAsRoot)
struct SocketArrivalsTests {
    @Test func `a bind is noticed, also after an end, and an end alone is none`() async throws {
        let namespace = try NetworkNamespace.forTest()
        let arrivals = try namespace.run { try SocketArrivals() }
        func count() throws -> SocketArrivals.Count { try #require(try namespace.run { arrivals.count() }) }
        func mayHave(since count: SocketArrivals.Count) throws -> Bool {
            try namespace.run { arrivals.mayHaveArrived(since: count) }
        }
        var first: TestSocket? = try TestSocket(in: namespace, uid: 4741)
        let before = try count()
        #expect(try !mayHave(since: before))
        withExtendedLifetime(first) {}
        first = nil
        // The end is told a moment after it is counted.
        try await eventually("an end alone", within: .seconds(20)) { try !mayHave(since: before) }
        let second = try TestSocket(in: namespace, uid: 4741)
        #expect(try mayHave(since: before))
        withExtendedLifetime(second) {}
    }

    @Test func `ends that were not counted count as arrivals`() throws {
        let namespace = try NetworkNamespace.forTest()
        let arrivals = try namespace.run { try SocketArrivals() }
        let before = try #require(try namespace.run { arrivals.count() })
        for _ in 0..<2000 { _ = try TestSocket(in: namespace, uid: 4741) }
        #expect(try namespace.run { arrivals.mayHaveArrived(since: before) })
    }
}

@Suite struct AlarmTests {
    @Test func `an alarm goes off at its time, and at once when told to`() throws {
        let alarm = try Alarm()
        let set = try EventSourceSet()
        try set.add(alarm)
        #expect(try waitForNews(from: [set], until: .now) == [false])
        alarm.set(at: .now + .milliseconds(30))
        #expect(try waitForNews(from: [set], until: .now) == [false])
        #expect(try waitForNews(from: [set], until: .now + .seconds(30)) == [true])
        alarm.drain()
        #expect(try waitForNews(from: [set], until: .now) == [false])
        alarm.set(at: .now + .seconds(3600))
        alarm.signal()
        #expect(try waitForNews(from: [set], until: .now + .seconds(30)) == [true])
    }
}
