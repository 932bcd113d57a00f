// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Testing

@Suite struct HealingPaceTests {
    private let start = ContinuousClock.now

    @Test func `reloads now and then are healed at once`() {
        var pace = HealingPace()
        for minute in 0..<100 {
            #expect(pace.repaired(at: start.advanced(by: .seconds(150 * minute))) == .zero)
        }
        #expect(!pace.isFight)
    }

    @Test func `a fight slows down, up to a minute, and is forgotten`() {
        var pace = HealingPace()
        var now = start
        var pauses: [Duration] = []
        for _ in 0..<30 {
            let pause = pace.repaired(at: now)
            pauses.append(pause)
            now = now.advanced(by: pause + .milliseconds(1))
        }
        #expect(pauses.prefix(10).allSatisfy { $0 == .zero })
        #expect(pauses[10...12] == [.milliseconds(250), .milliseconds(500), .seconds(1)])
        #expect(pauses.last == .seconds(60))
        #expect(pace.isFight)
        #expect(pace.repaired(at: now.advanced(by: .seconds(200))) == .zero)
        #expect(!pace.isFight)
    }
}
