// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Planner

/// The result of a reconciliation.
public struct Reconciliation: Hashable, Sendable {
    /// The plan that is in force now; its operations were committed.
    public var plan: Plan
    /// The number of plans that were discarded because the ruleset had changed meanwhile.
    public var retries: Int

    public init(plan: Plan, retries: Int = 0) {
        self.plan = plan
        self.retries = retries
    }

    /// The committed operations; empty when nothing had to change.
    public var operations: [Operation] { plan.operations }
}
