// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import TeredoPort

@Suite struct LookScheduleTests {
    private let start = ContinuousClock.now
    /// The duration of a look.
    private let cost = Duration.microseconds(70)

    @Test func `without events there is one look a minute`() {
        var schedule = LookSchedule(now: start)
        #expect(schedule.next == start + .seconds(60))
        let due = schedule.next
        schedule.looked(from: due, to: due + cost, foundStart: false)
        #expect(schedule.next == due + cost + .seconds(60))
    }

    @Test func `an event causes one look at once`() {
        var schedule = LookSchedule(now: start)
        schedule.requestLook(at: start + .seconds(1))
        #expect(schedule.next == start + .seconds(1))
        schedule.looked(from: schedule.next, to: schedule.next + cost, foundStart: false)
        #expect(schedule.next == start + .seconds(61) + cost)
    }

    @Test func `a look requested for later is made although another one comes first`() {
        var schedule = LookSchedule(now: start)
        schedule.requestLook(at: start + .milliseconds(250))
        schedule.looked(from: start, to: start + cost, foundStart: false)
        #expect(schedule.next == start + .milliseconds(250))
        schedule.looked(from: schedule.next, to: schedule.next + cost, foundStart: false)
        #expect(schedule.next == start + .milliseconds(250) + cost + .seconds(60))
    }

    @Test func `looks after repeated events take at most half of the time`() {
        var schedule = LookSchedule(now: start)
        // The look takes 60 ms, so the pause after it lasts 60 ms.
        schedule.looked(from: start, to: start + .milliseconds(60), foundStart: false)
        schedule.requestLook(at: start + .milliseconds(61))
        #expect(schedule.next == start + .milliseconds(120))
    }

    /// The intervals after the looks of a burst, up to its end. The look with the number `found`, from 0, finds the
    /// client's start.
    private func gaps(foundStartAt found: Int? = nil) -> [Duration] {
        var schedule = LookSchedule(now: start)
        schedule.requestBurst(at: start)
        var gaps: [Duration] = []
        while schedule.next < start + .seconds(10) {
            let due = schedule.next
            schedule.looked(from: due, to: due + cost, foundStart: gaps.count == found)
            gaps.append(schedule.next - due - cost)
        }
        return gaps
    }

    @Test func `the looks of a burst are frequent at first and then become rarer`() {
        let gaps = gaps()
        let close = gaps.prefix { $0 == LookSchedule.burstGap }
        // 25 ms of looks that take 70 µs, with intervals of 200 µs.
        #expect(close.count > 80 && close.count < 100)
        let tail = gaps.dropFirst(close.count).dropLast()
        #expect(zip(tail, tail.dropFirst()).allSatisfy { $0 < $1 })
        // Intervals that grow by half each time reach 2 s after about 20 looks.
        #expect(tail.count < 30)
        #expect(gaps.dropLast().reduce(.zero, +) > .seconds(1))
        #expect(gaps.last == LookSchedule.safetyGap)
    }

    @Test func `however many events come during a burst, its intervals stay limited`() {
        var schedule = LookSchedule(now: start)
        schedule.requestBurst(at: start)
        var now = start + .milliseconds(100)
        for _ in 0..<10_000 {
            schedule.looked(from: now, to: now + .microseconds(1), foundStart: false)
            #expect(schedule.next <= now + LookSchedule.safetyGap + .seconds(1))
            now += .microseconds(2)
            schedule.requestLook(at: now)
        }
    }

    @Test func `the looks of a burst become rarer as soon as the client's start is found`() {
        #expect(gaps(foundStartAt: 5).prefix { $0 == LookSchedule.burstGap }.count == 5)
    }
}
