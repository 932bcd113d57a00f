// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Planner

/// What was done to bring the ruleset in line.
public struct Reconciliation: Hashable, Sendable {
    /// What is in force now and what is left alone. Its operations were those committed.
    public var plan: Plan
    /// How often it was planned again because the ruleset had changed meanwhile.
    public var retries: Int

    public init(plan: Plan, retries: Int = 0) {
        self.plan = plan
        self.retries = retries
    }

    /// The committed transaction; empty when everything was in place.
    public var operations: [Operation] { plan.operations }
}
