// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Daemon

struct HealBudgetTests {
    @Test func `heals are immediate until the burst is spent, then one per interval`() {
        let start = ContinuousClock.now
        var budget = HealBudget(burst: 3, interval: .seconds(1), now: start)
        for _ in 0..<3 {
            #expect(budget.wait(at: start) == nil)
            budget.spend()
        }
        #expect(budget.wait(at: start) == .seconds(1))
        #expect(budget.wait(at: start + .milliseconds(250)) == .milliseconds(750))
        #expect(budget.wait(at: start + .seconds(1)) == nil)
        budget.spend()
        #expect(budget.wait(at: start + .seconds(1)) != nil)
    }

    @Test func `a long pause refills the burst and no more`() {
        let start = ContinuousClock.now
        var budget = HealBudget(burst: 2, interval: .seconds(1), now: start)
        for _ in 0..<2 { budget.spend() }
        let later = start + .seconds(3600)
        var heals = 0
        while budget.wait(at: later) == nil {
            budget.spend()
            heals += 1
        }
        #expect(heals == 2)
    }
}
