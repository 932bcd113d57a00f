// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Planner

/// The result of bringing the ruleset in line.
public struct Reconciliation: Hashable, Sendable {
    /// The plan that is in force now. Its operations were those committed.
    public var plan: Plan
    /// Number of plans made again because the ruleset had changed meanwhile.
    public var retries: Int

    public init(plan: Plan, retries: Int = 0) {
        self.plan = plan
        self.retries = retries
    }

    /// The committed transaction; empty when everything was in place.
    public var operations: [Operation] { plan.operations }
}
