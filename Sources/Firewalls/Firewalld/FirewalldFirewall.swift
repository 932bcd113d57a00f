// SPDX-License-Identifier: GPL-2.0-or-later
internal import Bus
public import Nftables
public import Planner
public import Platform

/// Exceptions in firewalld, made through its D-Bus interface: runtime rich rules with a time limit in the
/// zones of the interfaces in use. Permanent settings are never written.
///
/// Not for concurrent use. Its functions block until firewalld answers, for at most `callTimeout` in each of several
/// calls, so they must not run on the cooperative pool.
///
/// firewalld enforces the time limit, not the kernel. When firewalld is killed, its table stays in force
/// with our rules until firewalld starts again (observed with 1.3 and with the owned table of 2.3). From
/// firewalld 2.4 on, rules have no time limit: see ``FirewalldVersion/reloadsFailOverTimedRules``.
public final class FirewalldFirewall {
    private let busAddress: String?
    let openRuleset: () throws(NftablesError) -> RulesetConnection
    private let callTimeout: Duration
    private let interfaces: () throws(SystemError) -> [String]
    private let continuation: AsyncStream<FirewalldEvent>.Continuation
    let shared = FirewalldInbox()
    private var firewalld: FirewalldInterface?
    var watcher: FirewalldWatcher?
    /// The bus name of the firewalld process that has the rules and timers in `leases`; nil when none is
    /// running.
    var owner: String?
    private var leases: [FirewalldEntry: FirewalldLease] = [:]
    /// True when rules with a time limit are safe with the running firewalld.
    private var takesTimedRules = true
    /// The times since when firewalld's table exists without firewalld, and since when firewalld is
    /// reloading.
    var absentSince: ContinuousClock.Instant?
    var reloadingSince: ContinuousClock.Instant?
    /// The openings that were last in force in firewalld. `areShared` is true if rules of the administrator
    /// open one of them, too.
    var held: (openings: Set<FirewalldRule.Opening>, areShared: Bool) = ([], false)
    /// The inputs of the last successful call, which need not be applied again until `until`.
    private var applied: (situation: Situation, until: ContinuousClock.Instant)?

    /// The inputs, apart from firewalld's own state, that the rules depend on.
    private struct Situation: Equatable {
        var openings: Openings?
        var policy: Policy
        var table: Table
        var interfaces: [String]
    }

    /// Events after which ``apply(_:policy:ruleset:)`` must be called again, for one consumer. They begin
    /// with the first connection to firewalld, which is made when a ruleset first has firewalld's table.
    public let events: AsyncStream<FirewalldEvent>

    /// The rules that the last ``apply(_:policy:ruleset:)`` removed, each with its zone.
    public private(set) var removals: [String] = []
    /// The state after the last ``apply(_:policy:ruleset:)`` that succeeded.
    public internal(set) var state = FirewalldState()

    /// - Parameters:
    ///   - busAddress: The bus that firewalld is on; nil for the system bus.
    ///   - callTimeout: The maximum time to wait for an answer of firewalld.
    ///   - ruleset: Opens a connection to the managed ruleset, to remove our rules that a firewalld
    ///     left there when it ended.
    ///   - interfaces: Returns the names of the interfaces through which Teredo's IPv4 packets may come.
    public init(
        busAddress: String? = nil, callTimeout: Duration = .seconds(2),
        ruleset: @escaping () throws(NftablesError) -> RulesetConnection = { () throws(NftablesError) in
            try RulesetConnection()
        },
        interfaces: @escaping () throws(SystemError) -> [String] = interfacesWithIPv4
    ) {
        self.busAddress = busAddress
        openRuleset = ruleset
        self.callTimeout = callTimeout
        self.interfaces = interfaces
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(16))
    }

    deinit { continuation.finish() }

    /// Makes firewalld open exactly `openings`, or nothing when nil, and renews rules whose lease is about to
    /// end.
    ///
    /// Call it at every change of the openings, at every renewal of leases, after every event and after
    /// every change of the ruleset. The calls to firewalld take about 20 ms and are made only when something
    /// may have changed.
    ///
    /// `ruleset` is the ruleset of the managed namespace; only its tables are used. Without firewalld's
    /// table in it no call is made: firewalld is not running, is starting or reloading (an event will
    /// follow), or manages another namespace.
    ///
    /// - Returns: ``state``.
    /// - Throws: ``FirewalldError``. Then ``state`` is as before, although some rules may have changed.
    @discardableResult
    public func apply(
        _ openings: Openings?, policy: Policy, ruleset: Ruleset
    ) throws(FirewalldError) -> FirewalldState {
        let before = (state: state, applied: applied)
        state = FirewalldState()
        applied = nil
        removals = []
        guard let table = settledTable(in: ruleset) else { return state }
        if openings != nil, let reason = policy.reasonToLeaveFirewalld {
            reportLeftAlone("\(TableName.firewalld)", reason)
        }
        if policy.mode == .report { return state }
        let now = ContinuousClock.now
        do throws(FirewalldError) {
            let situation = Situation(
                openings: state.leftAlone.isEmpty ? openings : nil, policy: policy, table: table,
                interfaces: try interfacesInUse())
            if !shared.takeNews(), let applied = before.applied, applied.situation == situation,
                now < applied.until
            {
                (state, self.applied) = (before.state, applied)
            } else {
                try apply(situation, at: now)
            }
        } catch {
            state = before.state
            throw error
        }
        return state
    }

    /// The changes that ``apply(_:policy:ruleset:)`` would make if all rules of ours in force had a full lease, and what
    /// it would leave alone. If firewalld is not running or cannot be called: no commands, and the reason. Changes
    /// nothing. Makes no call when the ruleset has no table of firewalld.
    public func preview(_ openings: Openings, policy: Policy, ruleset: Ruleset) -> FirewalldPreview {
        let before = state
        state = FirewalldState()
        defer { state = before }
        var preview = FirewalldPreview()
        guard let table = ruleset.tables.first(where: { $0.name == .firewalld }) else { return preview }
        let name = "\(TableName.firewalld)"
        if let reason = policy.reasonToLeaveFirewalld {
            preview.leftAlone = [LeftAlone(name: name, reason: reason)]
            return preview
        }
        let interfaces: [String]
        do throws(FirewalldError) { interfaces = try interfacesInUse() } catch {
            preview.leftAlone = [LeftAlone(name: name, reason: "\(error)")]
            return preview
        }
        let situation = Situation(openings: openings, policy: policy, table: table, interfaces: interfaces)
        do throws(BusError) {
            guard let firewalld = try connect() else {
                if state.leftAlone.isEmpty { reportLeftAlone(name, Self.situationWithoutFirewalld) }
                preview.leftAlone = state.leftAlone
                return preview
            }
            let survey = try survey(firewalld, situation)
            let now = ContinuousClock.now
            let lease = FirewalldLease(end: now + policy.lease)
            let present = survey.present.flatMap { zone, rules in
                rules.map { (FirewalldEntry(zone: zone, rule: $0), lease) }
            }
            let plan = FirewalldPlan(
                openings: survey.wanted, zones: survey.zonesToServe, present: survey.present,
                leases: Dictionary(uniqueKeysWithValues: present), policy: policy, now: now)
            preview.commands = plan.commands(lease: takesTimedRules ? seconds(of: policy.lease) : nil)
            preview.leftAlone = state.leftAlone
            preview.isServed = survey.wanted.isEmpty || !survey.zonesToServe.isEmpty
            preview.acceptsAll = state.acceptsAll
        } catch {
            preview.leftAlone = [LeftAlone(name: name, reason: "\(FirewalldError.call(error))")]
        }
        return preview
    }

    /// Settings of firewalld, reported to the administrator, that stop Teredo in spite of our rules or that
    /// open its ports permanently. Changes nothing. Makes no call when the ruleset has no table of
    /// firewalld.
    public func findings(in ruleset: Ruleset) throws(FirewalldError) -> [FirewalldFinding] {
        guard ruleset.tables.contains(where: { $0.name == .firewalld }) else { return [] }
        let interfaces = try interfacesInUse()
        do throws(BusError) {
            let bus: BusConnection
            do throws(SystemError) {
                bus = try BusConnection.open(address: busAddress, timeout: callTimeout)
            } catch {
                throw .failed(error)
            }
            return try firewalldFindings(FirewalldInterface(bus: bus), interfaces: interfaces)
        } catch {
            throw .call(error)
        }
    }
}

extension FirewalldFirewall {
    /// firewalld's table; nil without one and during a reload.
    private func settledTable(in ruleset: Ruleset) -> Table? {
        if ruleset.tables.contains(where: { $0.name == .firewalldReload }) {
            // A reload removes all rules, and an event reports its end. Panic mode lasts, and so does a
            // reload that failed.
            watchReload()
            return nil
        }
        reloadingSince = nil
        let table = ruleset.tables.first { $0.name == .firewalld }
        if table == nil { absentSince = nil }
        return table
    }

    /// Makes firewalld's rules those of the situation, or handles the table of a firewalld that has ended.
    private func apply(_ situation: Situation, at now: ContinuousClock.Instant) throws(FirewalldError) {
        do throws(BusError) {
            if let firewalld = try connect() {
                try reconcile(firewalld, situation)
                // FirewalldPlan renews rules after a quarter of their lease.
                applied = (situation, now + situation.policy.lease / 4)
            } else if owner == nil, watcher != nil {
                // The bus can be reached, and firewalld is not on it.
                handleTableWithoutFirewalld(situation.table)
            }
        } catch {
            if error.isLoss { disconnect() }
            throw .call(error)
        }
    }

    func reportLeftAlone(_ name: String, _ reason: String) {
        state.leftAlone.append(LeftAlone(name: name, reason: reason))
    }

    /// The running firewalld; nil when there is none or the bus cannot be reached, for which the reason is added to
    /// what is left alone. Connects if necessary, and forgets leases that ended with a reload or with another firewalld
    /// process.
    func connect() throws(BusError) -> FirewalldInterface? {
        do throws(SystemError) {
            if firewalld == nil {
                let continuation = continuation
                watcher = try FirewalldWatcher(
                    address: busAddress, timeout: callTimeout, shared: shared
                ) { continuation.yield($0) }
                firewalld = FirewalldInterface(
                    bus: try BusConnection.open(address: busAddress, timeout: callTimeout))
            }
        } catch {
            reportLeftAlone("\(TableName.firewalld)", "firewalld cannot be reached: \(error)")
            return nil
        }
        // A reload removes our rules but keeps their timers.
        if shared.takeReload() {
            leases = leases.filter { $0.value.end != nil }
            for entry in leases.keys { leases[entry]?.isHeld = false }
        }
        let running = try firewalld?.owner()
        if running != owner {
            owner = running
            leases = [:]
            let version = running == nil ? nil : try firewalld?.version()
            takesTimedRules = version.flatMap(FirewalldVersion.init)?.reloadsFailOverTimedRules != true
        }
        if running == nil { return nil }
        absentSince = nil
        return firewalld
    }

    private func disconnect() {
        firewalld = nil
        watcher = nil
        owner = nil
        leases = [:]
    }

    /// The names of the interfaces in use.
    private func interfacesInUse() throws(FirewalldError) -> [String] {
        do throws(SystemError) { return try interfaces() } catch { throw .interfaces(error) }
    }

    /// Adds and removes rules so that exactly the wanted openings are in force, and records the result in ``state``.
    private func reconcile(_ firewalld: FirewalldInterface, _ situation: Situation) throws(BusError) {
        let policy = situation.policy
        let survey = try survey(firewalld, situation)
        var servedZones = survey.zonesToServe
        state.opensNothing = survey.wanted.isEmpty
        let now = ContinuousClock.now
        leases = leases.filter { $0.value.end == nil || $0.value.timerMayRun(at: now) }
        let plan = FirewalldPlan(
            openings: survey.wanted, zones: servedZones, present: survey.present, leases: leases,
            policy: policy, now: now)

        for entry in plan.additions where servedZones.contains(entry.zone) {
            do throws(BusError) {
                try add(entry, firewalld, policy)
            } catch {
                guard case .refused = error else { throw error }
                reportLeftAlone(
                    "\(ChainName(.firewalld, entry.zone))", "firewalld refuses the exceptions: \(error)")
                servedZones.removeAll { $0 == entry.zone }
            }
        }
        for entry in plan.removals { try remove(entry, firewalld) }
        held = (servedZones.isEmpty ? [] : Set(survey.wanted), survey.areShared)
        if !takesTimedRules, !servedZones.isEmpty {
            state.note =
                "the exceptions have no time limit, because this firewalld fails to reload rules that have one; "
                + "if teredowalld is killed, they stay until it starts again"
        }
        // Last, because nothing depends on it: remove our rules from zones that are no longer in use.
        for zone in try firewalld.zones() where survey.present[zone] == nil {
            for rule in rulesOfOurs(among: try firewalld.richRules(zone: zone)) {
                try remove(FirewalldEntry(zone: zone, rule: rule), firewalld)
            }
        }
        if !servedZones.isEmpty {
            let chains = servedZones.map { ChainName(.firewalld, $0) }
            state.attachments = [Attachment(kind: .firewalld, table: .firewalld, chains: chains)]
        }
    }

    /// The wanted openings, our rules in each zone in use, the zones in use that do not accept everything, and
    /// `areShared`, which is true if rules of the administrator open one of the openings, too. Sets
    /// ``FirewalldState/acceptsAll`` of ``state``.
    private func survey(
        _ firewalld: FirewalldInterface, _ situation: Situation
    ) throws(BusError) -> (
        wanted: [FirewalldRule.Opening], present: [String: Set<FirewalldRule>], zonesToServe: [String],
        areShared: Bool
    ) {
        let wanted = situation.openings.map(FirewalldRule.openings) ?? []
        let zones = wanted.isEmpty ? [] : try zonesInUse(firewalld, situation)
        var present: [String: Set<FirewalldRule>] = [:]
        var zonesToServe: [String] = []
        var areShared = false
        for zone in zones {
            let settings = try firewalld.zone(zone)
            areShared =
                areShared
                || settings.richRules.contains { text in
                    // A rule of an administrator for the same packets ends with the same text.
                    FirewalldRule(text: text) == nil && wanted.contains { text.hasSuffix($0.text) }
                }
            present[zone] = rulesOfOurs(among: settings.richRules)
            if !settings.isOpen { zonesToServe.append(zone) }
        }
        state.acceptsAll = !zones.isEmpty && zonesToServe.isEmpty && state.leftAlone.isEmpty
        return (wanted, present, zonesToServe, areShared)
    }

    private func rulesOfOurs(among rules: [String]) -> Set<FirewalldRule> {
        Set(rules.compactMap(FirewalldRule.init))
    }

    /// The zones in use, without excluded ones, which are added to what is left alone.
    private func zonesInUse(
        _ firewalld: FirewalldInterface, _ situation: Situation
    ) throws(BusError) -> [String] {
        let zones = firewalldZones(
            active: try firewalld.activeZones(), defaultZone: try firewalld.defaultZone(),
            interfaces: situation.interfaces)
        return zones.filter { zone in
            let name = "\(ChainName(.firewalld, zone))"
            let isExcluded = situation.policy.exclude.contains(name)
            if isExcluded { reportLeftAlone(name, "excluded by firewall.exclude") }
            return !isExcluded
        }
    }

    private func add(
        _ entry: FirewalldEntry, _ firewalld: FirewalldInterface, _ policy: Policy
    ) throws(BusError) {
        let seconds = takesTimedRules ? seconds(of: policy.lease) : 0
        let end = takesTimedRules ? ContinuousClock.now + .seconds(Int64(seconds)) : nil
        do throws(BusError) {
            try firewalld.addRichRule(zone: entry.zone, entry.rule.text, timeout: seconds)
            leases[entry] = FirewalldLease(end: end)
        } catch {
            // Another program has added the rule meanwhile. Its end is unknown, so the next call replaces the
            // rule.
            guard error.firewalldCode != "ALREADY_ENABLED" else { return }
            throw error
        }
    }

    /// The lease as a timeout for firewalld, where 0 would mean no limit.
    private func seconds(of lease: Duration) -> Int32 { Int32(clamping: max(1, lease.components.seconds)) }

    private func remove(_ entry: FirewalldEntry, _ firewalld: FirewalldInterface) throws(BusError) {
        shared.expectRemoval(entry)
        do throws(BusError) {
            try firewalld.removeRichRule(zone: entry.zone, entry.rule.text)
            // firewalld cancels the timer of a rule that is removed.
            leases[entry] = nil
            removals.append("rule of zone \(entry.zone): \(entry.rule.text)")
        } catch {
            // Forget the expectation: no signal about this removal will come.
            _ = shared.takeExpectedRemoval(entry)
            // The rule has expired meanwhile.
            guard error.firewalldCode != "NOT_ENABLED" else { return }
            throw error
        }
    }
}
