// SPDX-License-Identifier: GPL-2.0-or-later
public import Nftables
public import Planner
internal import Platform

/// Carries exceptions into the nf_tables rulesets of one network namespace.
///
/// Not for concurrent use; its calls block for as long as the kernel takes.
public final class NftablesFirewall {
    /// The attachments in force since the last reconciliation.
    public private(set) var places: [Attachment] = []
    public private(set) var leftAlone: [LeftAlone] = []
    /// The ruleset of the last look.
    public private(set) var ruleset = Ruleset()
    /// The parts of it that the last plan depends on; nil before the first one.
    public private(set) var dependencies: RulesetDependencies?

    /// Tables whose chains others have just emptied, so that they may be about to delete ours too. Nothing is put
    /// back there until ``reconcile(_:policy:waits:)`` is told not to wait any longer.
    public private(set) var waiting: Set<TableName> = []

    let connection: RulesetConnection
    private let reader: RulesetReader
    private var mirror = RulesetMirror()
    /// The events that the mirror follows; without them each look is at everything.
    private var events: RulesetEvents?
    /// The sets whose elements they tell of; nil for all.
    private var heardSets: Set<SetName>?
    /// Changes that ``takeNews()`` has not given yet.
    private var news: [RulesetChange] = []
    private let clock: () -> WallTime
    /// The openings in force.
    public private(set) var openings: Openings?
    /// The interfaces that plans are for; none stands for those that rules name, and any other.
    public var interfaces: [Interface] = []
    /// The fate of each row, as of the last reconciliation.
    public private(set) var fates: [RowFate] = []
    /// The next move to another port, encoded ahead.
    private var move: PortMove?
    private static let attempts = 20

    /// `clock` stands in for the system's wall clock, by which rules in tables of iptables expire.
    public init(
        connection: RulesetConnection,
        clock: (() -> WallTime)? = nil
    ) {
        self.connection = connection
        self.clock = clock ?? { WallTime(seconds: WallClock.now) }
        reader = RulesetReader(connection)
    }

    /// From now on looks read only what has changed. The events are of the same namespace, nobody else reads them, and
    /// what ``listen(toElementsOf:)`` asked for stays as it is.
    public func follow(_ events: RulesetEvents) {
        self.events = events
        mirror.forget()
    }

    /// The commits reported since the last call.
    public func takeNews() -> [RulesetChange] {
        listen(&mirror)
        // Thousands of commits a second are taken a hundred times a second.
        if news.count >= Self.storm { events?.rest(for: .milliseconds(10)) }
        return exchange(&news, with: [])
    }

    /// So many commits at once are a storm.
    private static let storm = 32

    /// The commits reported up to this generation, which ``takeNews()`` then leaves out.
    public func takeNews(upTo generation: UInt32) -> [RulesetChange] {
        let end = news.firstIndex { change in
            guard case .committed(let number, _, _, _, _) = change else { return false }
            return Int32(bitPattern: number &- generation) > 0
        }
        let seen = Array(news[..<(end ?? news.endIndex)])
        news.removeFirst(seen.count)
        return seen
    }

    /// Whether a look was told of commits after it.
    public var hasNews: Bool { !news.isEmpty }

    /// Has the next look read everything.
    public func forgetRuleset() { mirror.forget() }

    /// Has events tell of the elements that the last plan depends on, and of no others. What the last look saw of the
    /// new ones among them may be out of date: true when there are some.
    public func listenToElements() throws(NftablesError) -> Bool {
        guard let events, let sets = dependencies?.heardSets, sets != heardSets else { return false }
        try events.listen(toElementsOf: sets)
        let new = heardSets.map(sets.subtracting) ?? []
        heardSets = sets
        mirror.forget(elementsOf: new)
        return !new.isEmpty
    }

    private func listen(_ mirror: inout RulesetMirror) {
        guard let events else { return }
        let told = events.take()
        for change in told { mirror.note(change) }
        news += told
    }

    /// Number of looks that read only what had changed.
    public private(set) var partialLooks = 0
    /// Their number when everything was read last.
    private var partialLooksBefore = 0

    /// Whether what messages do not tell may have changed since everything was read last.
    public var mayHaveMissed: Bool {
        partialLooks != partialLooksBefore || ruleset.tables.contains { $0.owner != nil }
    }

    private func look() throws(NftablesError) -> Ruleset {
        guard events != nil else { return try reader.read() }
        var mirror = exchange(&self.mirror, with: RulesetMirror())
        defer { self.mirror = mirror }
        let (ruleset, isPartial) = try reader.read(&mirror, listen: listen)
        if isPartial { partialLooks += 1 } else { partialLooksBefore = partialLooks }
        return ruleset
    }

    /// The author of our own commits, as events name it.
    public var ownPortID: UInt32 { connection.portID }

    /// Looks at the ruleset and makes these openings the ones in force; nil takes everything down.
    ///
    /// A place that the kernel refuses is left alone, and the others are served. Throws
    /// ``NftablesError/stale`` when somebody else's changes never let ours through.
    ///
    /// `waits` leaves tables to others who have just emptied a chain there; see ``waiting``.
    public func reconcile(
        _ openings: Openings?, policy: Policy, waits: Bool = false
    ) throws(NftablesError) -> Reconciliation {
        var refusals = Refusals()
        for attempt in 0..<Self.attempts {
            let earlier = exchange(&ruleset, with: try look())
            var plan = refusals.apply(
                to: Plan(
                    openings: openings, on: ruleset, policy: policy, interfaces: interfaces, now: now))
            waiting =
                waits
                ? plan.tablesInTheWay(on: ruleset).filter {
                    waiting.contains($0) || earlier.hasBeenEmptied($0, in: ruleset)
                } : []
            plan = plan.without(waiting)
            dependencies = RulesetDependencies(ruleset, changedBy: plan.operations)
            do throws(NftablesError) {
                if !plan.operations.isEmpty {
                    try connection.commit(plan.operations, ifGeneration: ruleset.generation)
                }
                places = plan.places
                leftAlone = plan.leftAlone
                fates = plan.fates
                self.openings = openings
                move = nil
                prepareMove(policy)
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
        else { return try reconcile(openings, policy: policy, waits: true) }
        let operations: [Operation]
        do throws(NftablesError) {
            if let move, let port = openings.service.first?.port,
                move.leads(to: openings, lease: policy.lease)
            {
                try connection.commit(move.transaction, port: port)
                operations = swap(in: places, to: openings, lease: policy.lease)
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
        prepareMove(policy)
        return Reconciliation(
            plan: Plan(operations: operations, places: places, leftAlone: leftAlone, fates: fates))
    }

    /// The plan that ``reconcile(_:policy:)`` would carry out now. Changes nothing.
    public func plan(_ openings: Openings?, policy: Policy) throws(NftablesError) -> Plan {
        Plan(
            openings: openings, on: try reader.read(), policy: policy, interfaces: interfaces, now: now)
    }

    /// Renews the lease of what stands, each place for itself, and whatever others do meanwhile: for when
    /// ``reconcile(_:policy:)`` is kept from a look by changes that never end. What is gone is passed over.
    private func renewLeases(policy: Policy) throws(NftablesError) {
        guard let openings, policy.mode != .report else { return }
        var tables: Set<TableName> = []
        for place in places where tables.insert(place.table).inserted {
            do throws(NftablesError) {
                guard let operations = try renewal(of: [place], openings, policy) else { continue }
                try connection.commit(operations)
            } catch .rejected {
                continue
            }
        }
    }

    private func commitRefresh(
        _ openings: Openings, policy: Policy
    ) throws(NftablesError) -> [Operation] {
        guard let operations = try renewal(of: places, openings, policy) else { throw .rejected([]) }
        // Neither elements nor the handles of our own rules need the ruleset to be the one that was looked at.
        try connection.commit(operations)
        return operations
    }

    /// nil when it takes a look at the ruleset.
    private func renewal(
        of places: [Attachment], _ openings: Openings, _ policy: Policy
    ) throws(NftablesError) -> [Operation]? {
        var operations = swap(in: places, to: openings, lease: policy.lease)
        for place in places {
            var rules: [ChainName: [Rule]] = [:]
            for chain in place.refilledChains { rules[chain] = try connection.rules(of: chain) }
            guard let refill = place.refill(openings, lease: policy.lease, now: now, rules: rules)
            else { return nil }
            operations += refill
        }
        return operations
    }

    /// Operations that change the sets of these places.
    private func swap(
        in places: [Attachment], to openings: Openings, lease: Duration
    ) -> [Operation] {
        var tables: Set<TableName> = []
        return places.filter { tables.insert($0.table).inserted }
            .flatMap { $0.refresh(openings, lease: lease) }
    }

    /// Encodes the next move ahead, unless that was done. Not where rules are written anew: what they are depends on
    /// what is there.
    private func prepareMove(_ policy: Policy) {
        guard let openings, policy.mode != .report, places.allSatisfy(\.refilledChains.isEmpty),
            move?.isFor(openings, lease: policy.lease) != true
        else { return }
        // If it cannot be encoded now, that is tried again when the time comes, and fails then.
        move = try? PortMove(from: openings, lease: policy.lease) {
            swap(in: places, to: $0, lease: policy.lease)
        }
    }

    var now: WallTime { clock() }

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
