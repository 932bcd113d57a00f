// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Planner
internal import Platform

/// Puts exceptions into the nf_tables ruleset of one network namespace.
///
/// Not for concurrent use. Calls block until the kernel has answered.
public final class NftablesFirewall {
    /// The attachments in force since the last reconciliation.
    public private(set) var attachments: [Attachment] = []
    /// The tables and chains without an exception, each with the reason, as of the last reconciliation.
    public private(set) var leftAlone: [LeftAlone] = []
    /// The ruleset as last read.
    public private(set) var ruleset = Ruleset()
    /// The objects that the last plan depends on; nil before the first plan.
    public private(set) var dependencies: RulesetDependencies?

    /// Tables in which another program has just emptied chains, and may be about to delete them and ours.
    /// Nothing is added there until ``reconcile(_:policy:waits:)`` is called without `waits`.
    public private(set) var waiting: Set<TableName> = []

    let connection: RulesetConnection
    private var reader: RulesetReader
    /// The last plan's evaluation of the rules of others, which the next plan uses again.
    private var evaluation: HostEvaluation?
    private var mirror = RulesetMirror()
    /// The source of the changes that ``mirror`` records; without it the whole ruleset is read each time.
    private var events: RulesetEvents?
    /// The sets whose element changes ``events`` reports; nil for all sets.
    private var setsWithEvents: Set<SetName>?
    /// Changes that ``takeNews()`` has not returned yet.
    private var news: [RulesetChange] = []
    private let clock: () -> WallTime
    /// The openings in force.
    public private(set) var openings: Openings?
    /// The interfaces to plan for. If empty, plans are for an unknown interface and for those that rules name.
    public var interfaces: [Interface] = [] {
        didSet {
            let addresses = interfaces.flatMap(\.addresses)
            let networks = interfaces.flatMap(\.networks)
            // What was read of rules and large sets depends on them.
            if addresses != reader.addresses || networks != reader.networks { mirror.forget() }
            (reader.addresses, reader.networks) = (addresses, networks)
        }
    }
    /// The fate of each row, as of the last reconciliation.
    public private(set) var fates: [RowFate] = []
    /// The transaction for the next change of the port, encoded in advance.
    private var move: PortMove?
    /// The maximum number of plans in one reconciliation while other programs commit.
    private static let attempts = 20

    /// `clock` replaces the system's wall clock, by which rules in iptables' tables expire.
    public init(
        connection: RulesetConnection,
        clock: (() -> WallTime)? = nil
    ) {
        self.connection = connection
        self.clock = clock ?? { WallTime(seconds: WallClock.now) }
        reader = RulesetReader(connection)
    }

    /// Reads only changed objects from now on. `events` must be of the same namespace and have no other
    /// reader, and the caller must leave the choice of sets to ``listenToElements()``.
    public func follow(_ events: RulesetEvents) {
        self.events = events
        mirror.forget()
    }

    /// The commits reported since the last call.
    public func takeNews() -> [RulesetChange] {
        takeEvents(&mirror)
        limitEvents()
        return exchange(&news, with: [])
    }

    /// Bounds the work when there are thousands of commits per second: they are taken in 100 portions per
    /// second, and most are skipped if they change nothing that matters.
    private func limitEvents() {
        guard let events, news.count >= Self.largePortion else {
            stormyPortions = 0
            return
        }
        let isStormy = news.count >= Self.stormyPortion && news.allSatisfy(isIrrelevant)
        stormyPortions = isStormy ? stormyPortions + 1 : 0
        if stormyPortions >= Self.stormyPortionsBeforeSkipping,
            let changes = events.skipIrrelevantCommits(for: .seconds(1))
        {
            record(changes, in: &mirror)
        } else {
            events.suspendCalls(for: .milliseconds(10))
        }
    }

    /// True for commits of other programs that changed none of the objects that events report.
    private func isIrrelevant(_ change: RulesetChange) -> Bool {
        switch change {
        case .committed(_, let portID, _, _, let changed):
            portID != ownPortID && changed.objects.isEmpty && !changed.areIncomplete
        case .skipped: true
        case .lost: false
        }
    }

    /// The number of portions in succession that were a storm of irrelevant commits.
    private var stormyPortions = 0

    /// From this number of commits at once on, commits are taken in portions.
    private static let largePortion = 32
    /// From this number of irrelevant commits in a hundredth of a second on, a few times in succession, they are
    /// skipped.
    private static let stormyPortion = 100
    private static let stormyPortionsBeforeSkipping = 3

    /// Returns the commits reported up to this generation; ``takeNews()`` then leaves them out.
    public func takeNews(upTo generation: UInt32) -> [RulesetChange] {
        let end = news.firstIndex { change in
            guard case .committed(let number, _, _, _, _) = change else { return false }
            // Generations wrap around: compare their difference.
            return Int32(bitPattern: number &- generation) > 0
        }
        let seen = Array(news[..<(end ?? news.endIndex)])
        news.removeFirst(seen.count)
        return seen
    }

    /// True when commits were reported that neither ``takeNews()`` nor ``takeNews(upTo:)`` has returned.
    public var hasNews: Bool { !news.isEmpty }

    /// Makes the next reading read everything.
    public func forgetRuleset() { mirror.forget() }

    /// Makes the next reading complete, unless other programs commit meanwhile, and compares it with the ruleset
    /// that was kept up to date by events.
    public func requestMirrorComparison() { isMirrorToBeCompared = true }
    private var isMirrorToBeCompared = false
    /// True when the last comparison took place, false when commits of other programs prevented it.
    public private(set) var hasComparedMirror = false

    /// The objects whose changes no event reported, found by the last comparison.
    public private(set) var unreported: [String] = []

    /// Limits element events to the sets that the last plan depends on. Returns true when sets were added,
    /// whose elements may have changed since they were read without an event.
    public func listenToElements() throws(NftablesError) -> Bool {
        guard let events, let sets = dependencies?.setsWithEvents, sets != setsWithEvents else {
            return false
        }
        try events.listen(toElementsOf: sets)
        let new = setsWithEvents.map(sets.subtracting) ?? []
        setsWithEvents = sets
        mirror.forget(elementsOf: new)
        return !new.isEmpty
    }

    private func takeEvents(_ mirror: inout RulesetMirror) {
        guard let events else { return }
        record(events.take(), in: &mirror)
    }

    private func record(_ changes: [RulesetChange], in mirror: inout RulesetMirror) {
        for change in changes { mirror.note(change) }
        news += changes
    }

    /// The number of readings of changed objects only.
    public private(set) var partialLooks = 0
    /// The value of ``partialLooks`` at the last reading of everything.
    private var partialLooksAtFullReading = 0

    /// True when there may have been changes without events since everything was read last: after partial
    /// readings, and when a table has an owner, with which it vanishes without an event.
    public var mayHaveUnreportedChanges: Bool {
        partialLooks != partialLooksAtFullReading || ruleset.tables.contains { $0.owner != nil }
    }

    /// Reads the ruleset: where events are followed, only the changed objects, if possible.
    private func look() throws(NftablesError) -> Ruleset {
        guard events != nil else { return try reader.read() }
        var mirror = exchange(&self.mirror, with: RulesetMirror())
        defer { self.mirror = mirror }
        if isMirrorToBeCompared { return try compareMirror(&mirror) }
        let (ruleset, isPartial) = try reader.read(&mirror, listen: takeEvents)
        if isPartial { partialLooks += 1 } else { partialLooksAtFullReading = partialLooks }
        return ruleset
    }

    /// Compares the ruleset that was followed by events with a complete reading, which then replaces it.
    ///
    /// If other programs commit meanwhile, the comparison is left to the next renewal: where a reading takes
    /// long, repeating it would delay the repair after such a commit.
    private func compareMirror(_ mirror: inout RulesetMirror) throws(NftablesError) -> Ruleset {
        unreported = []
        (isMirrorToBeCompared, hasComparedMirror) = (false, false)
        let (followed, isPartial) = try reader.read(&mirror, listen: takeEvents)
        if isPartial {
            guard let ruleset = try reader.read(at: followed.generation) else { return followed }
            unreported = followed.differences(from: ruleset)
            mirror.replace(by: ruleset)
        }
        (partialLooksAtFullReading, hasComparedMirror) = (partialLooks, true)
        return mirror.ruleset ?? followed
    }

    /// The netlink port of our own commits, as events report it.
    public var ownPortID: UInt32 { connection.portID }

    /// Reads the ruleset and puts exactly these openings in force; nil removes everything of ours.
    ///
    /// A table whose changes the kernel refuses is left alone, and the others are served. With `waits`,
    /// tables in which another program has just emptied a chain are left alone for now; see ``waiting``.
    ///
    /// - Throws: ``NftablesError/stale`` when commits of other programs came first in every attempt.
    public func reconcile(
        _ openings: Openings?, policy: Policy, waits: Bool = false
    ) throws(NftablesError) -> Reconciliation {
        var refusals = Refusals()
        for attempt in 0..<Self.attempts {
            let earlier = exchange(&ruleset, with: try look())
            var plan = refusals.apply(
                to: Plan(
                    openings: openings, on: ruleset, policy: policy, interfaces: interfaces, now: now,
                    evaluation: &evaluation))
            waiting =
                waits
                ? plan.tablesWithEmptiedChains(on: ruleset).filter {
                    waiting.contains($0) || earlier.hasBeenEmptied($0, in: ruleset)
                } : []
            plan = plan.without(waiting)
            dependencies = RulesetDependencies(ruleset, changedBy: plan.operations)
            do throws(NftablesError) {
                if !plan.operations.isEmpty {
                    events?.reportEveryCommit()
                    try connection.commit(plan.operations, ifGeneration: ruleset.generation)
                }
                attachments = plan.attachments
                leftAlone = plan.leftAlone
                fates = plan.fates
                self.openings = openings
                move = nil
                encodeNextMove(policy)
                return Reconciliation(plan: plan, retries: attempt)
            } catch .stale {
                pause(afterAttempt: attempt)
            } catch .rejected(let rejections) where refusals.recordNew(rejections, of: plan.operations) {
                continue
            }
        }
        throw .stale
    }

    /// Renews the leases, or moves to other ports, in the present attachments without reading the ruleset.
    /// Falls back to ``reconcile(_:policy:waits:)`` where this is not possible.
    ///
    /// - Throws: ``NftablesError/stale`` as ``reconcile(_:policy:waits:)`` does. If that was called because attachments
    ///   had changed, the leases of the other openings in force have been renewed.
    public func refresh(_ openings: Openings, policy: Policy) throws(NftablesError) -> Reconciliation {
        guard let current = self.openings, current.hasSameRules(as: openings), !attachments.isEmpty,
            policy.mode != .report
        else { return try reconcile(openings, policy: policy, waits: true) }
        events?.reportEveryCommit()
        let operations: [Operation]
        do throws(NftablesError) {
            if let move, let port = openings.service.first?.port,
                move.leads(to: openings, lease: policy.lease)
            {
                try connection.commit(move.transaction, port: port)
                operations = swap(in: attachments, to: openings, lease: policy.lease)
            } else {
                operations = try commitRefresh(openings, policy: policy)
            }
        } catch .rejected {
            do throws(NftablesError) {
                return try reconcile(openings, policy: policy, waits: true)
            } catch .stale {
                try renewLeases(policy: policy)
                throw .stale
            }
        }
        self.openings = openings
        encodeNextMove(policy)
        return Reconciliation(
            plan: Plan(operations: operations, attachments: attachments, leftAlone: leftAlone, fates: fates))
    }

    /// The plan that ``reconcile(_:policy:waits:)`` would carry out now. Changes nothing.
    public func plan(_ openings: Openings?, policy: Policy) throws(NftablesError) -> Plan {
        Plan(
            openings: openings, on: try reader.read(), policy: policy, interfaces: interfaces, now: now)
    }

    /// Renews the leases of what is in force, table by table. Used when commits of other programs keep
    /// ``reconcile(_:policy:waits:)`` from reading the ruleset. Attachments that are gone are skipped.
    private func renewLeases(policy: Policy) throws(NftablesError) {
        guard let openings, policy.mode != .report else { return }
        var tables: Set<TableName> = []
        for attachment in attachments where tables.insert(attachment.table).inserted {
            do throws(NftablesError) {
                guard let operations = try renewal(of: [attachment], openings, policy) else { continue }
                try connection.commit(operations)
            } catch .rejected {
                continue
            }
        }
    }

    /// Commits the operations of ``refresh(_:policy:)`` and returns them. Throws ``NftablesError/rejected(_:)`` also
    /// when the ruleset must be read instead.
    private func commitRefresh(
        _ openings: Openings, policy: Policy
    ) throws(NftablesError) -> [Operation] {
        guard let operations = try renewal(of: attachments, openings, policy) else { throw .rejected([]) }
        // No generation is checked: set elements and handles of our own rules stay valid whatever others
        // commit.
        try connection.commit(operations)
        return operations
    }

    /// The operations that renew the openings at these attachments; nil when the ruleset must be read for
    /// that.
    private func renewal(
        of attachments: [Attachment], _ openings: Openings, _ policy: Policy
    ) throws(NftablesError) -> [Operation]? {
        var operations = swap(in: attachments, to: openings, lease: policy.lease)
        for attachment in attachments {
            var rules: [ChainName: RuleList] = [:]
            for chain in attachment.refilledChains {
                rules[chain] = RuleList(try connection.rules(of: chain))
            }
            guard let refill = attachment.refill(openings, lease: policy.lease, now: now, rules: rules)
            else { return nil }
            operations += refill
        }
        return operations
    }

    /// The operations that change the sets of these attachments. Attachments in one table have the same sets.
    private func swap(
        in attachments: [Attachment], to openings: Openings, lease: Duration
    ) -> [Operation] {
        var tables: Set<TableName> = []
        return attachments.filter { tables.insert($0.table).inserted }
            .flatMap { $0.refresh(openings, lease: lease) }
    }

    /// Encodes the next change of the port in advance, unless it is encoded already. Not for attachments with a
    /// rule for each port: their transaction depends on the present rules.
    private func encodeNextMove(_ policy: Policy) {
        guard let openings, policy.mode != .report, attachments.allSatisfy(\.refilledChains.isEmpty),
            move?.isFor(openings, lease: policy.lease) != true
        else { return }
        // If encoding fails now, the error is reported when the port changes.
        move = try? PortMove(from: openings, lease: policy.lease) {
            swap(in: attachments, to: $0, lease: policy.lease)
        }
    }

    var now: WallTime { clock() }

    /// Waits a random short time, at most 1.6 ms, so that a program that commits in steps can finish.
    private func pause(afterAttempt attempt: Int) {
        let pause = Duration.microseconds(Int.random(in: 100...(200 << min(attempt, 3))))
        // Waiting fails only for lack of memory; the next attempt then follows at once.
        _ = try? waitForEvents(from: [], until: .now + pause)
    }
}

extension Openings {
    /// True when both need the same exceptions, apart from the ports.
    fileprivate func hasSameRules(as other: Openings) -> Bool {
        clientUser == other.clientUser && guardedInterfaces == other.guardedInterfaces
            && multicast == other.multicast && igmp == other.igmp
    }
}
