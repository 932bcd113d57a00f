// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Control

@Suite struct PaceTests {
    @Test func `after a burst, requests are served one interval apart`() {
        var pace = Pace(burst: 3, interval: .milliseconds(100))
        let now = ContinuousClock.now
        let turns = (0..<6).map { _ in pace.reserve(for: 5, at: now) - now }
        // User 5 has made six requests, user 6 none.
        #expect(turns.prefix(3).allSatisfy { $0 <= .zero })
        #expect(turns.suffix(3) == [.milliseconds(100), .milliseconds(200), .milliseconds(300)])
        #expect(pace.reserve(for: 6, at: now) <= now)
        // Time restores the burst.
        #expect(pace.reserve(for: 5, at: now + .seconds(1)) <= now + .seconds(1))
    }

    @Test func `a user with more delayed requests than the burst is exhausted, until a pause`() {
        var pace = Pace(burst: 3, interval: .milliseconds(100))
        let now = ContinuousClock.now
        var requests = 0
        while !pace.isExhausted(for: 5, at: now) {
            _ = pace.reserve(for: 5, at: now)
            requests += 1
        }
        // 3 are answered at once and 4 are delayed, more than the burst.
        #expect(requests == 7)
        #expect(!pace.isExhausted(for: 6, at: now))
        #expect(!pace.isExhausted(for: 5, at: now + .milliseconds(200)))
    }
}
