// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Planner
internal import Platform

/// Carries exceptions into the nf_tables rulesets of one network namespace.
///
/// Not for concurrent use; its calls block for as long as the kernel takes.
public final class NftablesFirewall {
    /// Where exceptions are in force since the last reconciliation.
    public private(set) var places: [Attachment] = []
    public private(set) var leftAlone: [LeftAlone] = []
    /// What the last look saw.
    public private(set) var ruleset = Ruleset()

    let connection: RulesetConnection
    private let reader: RulesetReader
    /// The openings in force.
    private(set) var openings: Openings?
    /// The interfaces that plans are for; none stands for those that rules name, and any other.
    public var interfaces: [Interface] = []
    /// What becomes of each row, as of the last reconciliation.
    public private(set) var fates: [RowFate] = []
    private static let attempts = 200

    public init(connection: RulesetConnection) {
        self.connection = connection
        reader = RulesetReader(connection)
    }

    /// The author of our own commits, as events name it.
    public var ownPortID: UInt32 { connection.portID }

    /// Looks at the ruleset and makes these openings the ones in force; nil takes everything down.
    ///
    /// A place that the kernel refuses is left alone, and the others are served. Throws
    /// ``NftablesError/stale`` when somebody else's changes never let ours through.
    public func reconcile(
        _ openings: Openings?, policy: Policy
    ) throws(NftablesError) -> Reconciliation {
        var refusals = Refusals()
        for attempt in 0..<Self.attempts {
            ruleset = try reader.read()
            let plan = refusals.apply(
                to: Plan(
                    openings: openings, on: ruleset, policy: policy, interfaces: interfaces, now: now))
            do throws(NftablesError) {
                if !plan.operations.isEmpty {
                    try connection.commit(plan.operations, ifGeneration: ruleset.generation)
                }
                places = plan.places
                leftAlone = plan.leftAlone
                fates = plan.fates
                self.openings = openings
                return Reconciliation(plan: plan, retries: attempt)
            } catch .stale {
                pause(afterAttempt: attempt)
            } catch .rejected(let rejections) where refusals.learn(from: rejections, of: plan.operations) {
                continue
            }
        }
        throw .stale
    }

    /// Renews the lease, or moves to other ports, where the exceptions were last put, without looking at the
    /// ruleset; reconciles when that does not do.
    public func refresh(_ openings: Openings, policy: Policy) throws(NftablesError) -> Reconciliation {
        guard let current = self.openings, current.hasSameRules(as: openings), !places.isEmpty,
            policy.mode != .report
        else { return try reconcile(openings, policy: policy) }
        let operations: [Operation]
        do throws(NftablesError) {
            operations = try commitRefresh(openings, policy: policy)
        } catch .rejected, .stale {
            return try reconcile(openings, policy: policy)
        }
        self.openings = openings
        return Reconciliation(
            plan: Plan(operations: operations, places: places, leftAlone: leftAlone, fates: fates))
    }

    /// What ``reconcile(_:policy:)`` would do now. Changes nothing.
    public func plan(_ openings: Openings?, policy: Policy) throws(NftablesError) -> Plan {
        Plan(
            openings: openings, on: try reader.read(), policy: policy, interfaces: interfaces, now: now)
    }

    private func commitRefresh(
        _ openings: Openings, policy: Policy
    ) throws(NftablesError) -> [Operation] {
        var operations: [Operation] = []
        var tables: Set<TableName> = []
        for place in places where tables.insert(place.table).inserted {
            operations += place.refresh(openings, lease: policy.lease)
        }
        let refilled = places.filter { !$0.refilledChains.isEmpty }
        // Elements can be swapped blindly; rules only where they were seen.
        let generation = refilled.isEmpty ? nil : try connection.generation()
        for place in refilled {
            var rules: [ChainName: [Rule]] = [:]
            for chain in place.refilledChains { rules[chain] = try connection.rules(of: chain) }
            operations += place.refill(openings, lease: policy.lease, now: now, rules: rules)
        }
        try connection.commit(operations, ifGeneration: generation)
        return operations
    }

    var now: WallTime { WallTime(seconds: WallClock.now) }

    /// Lets a writer finish who commits step by step.
    private func pause(afterAttempt attempt: Int) {
        let pause = Duration.microseconds(Int.random(in: 100...(200 << min(attempt, 3))))
        // Waiting for nothing fails only for want of memory; then it is no pause, and the next attempt comes at once.
        _ = try? waitForNews(from: [], until: .now + pause)
    }
}

extension Openings {
    /// Whether the same rules carry both, so that only elements of sets differ.
    fileprivate func hasSameRules(as other: Openings) -> Bool {
        clientUser == other.clientUser && guardedInterfaces == other.guardedInterfaces
            && multicast == other.multicast && igmp == other.igmp
    }
}
