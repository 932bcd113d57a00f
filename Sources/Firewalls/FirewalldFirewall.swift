// SPDX-License-Identifier: GPL-2.0-or-later
public import Exceptions
public import Nftables
public import Platform

/// A call to firewalld that failed.
public struct FirewalldError: Error, Hashable, Sendable, CustomStringConvertible {
    public var cause: BusError

    public var description: String { "firewalld: \(cause)" }
}

/// What holds in firewalld.
public struct FirewalldState: Hashable, Sendable {
    /// At most one: firewalld's table and the zones with our rules.
    public var places: [Place] = []
    public var leftAlone: [LeftAlone] = []

    public init(places: [Place] = [], leftAlone: [LeftAlone] = []) {
        self.places = places
        self.leftAlone = leftAlone
    }
}

/// Exceptions in firewalld, by way of its D-Bus interface: runtime rich rules with a time limit in the zones
/// of the interfaces in use. Nothing permanent is ever written.
///
/// Calls wait for firewalld, each for 2 s at most: one thread at a time, none of the cooperative pool.
///
/// The time limit is kept by firewalld, not by the kernel. When firewalld itself is killed, its table stays
/// as it is until it starts again; from version 2.2 on the kernel then removes the table.
public final class FirewalldFirewall {
    private let busAddress: String?
    private let callTimeout: Duration
    private let interfaces: () throws(SystemError) -> [String]
    private let continuation: AsyncStream<FirewalldEvent>.Continuation
    private let ownRemovals = FirewalldOwnRemovals()
    private var firewalld: FirewalldInterface?
    private var watcher: FirewalldWatcher?
    /// Whose rules and timers `leases` speaks of.
    private var owner: String?
    private var leases: [FirewalldEntry: ContinuousClock.Instant] = [:]

    /// Reasons to call ``apply(_:policy:ruleset:)`` again. One consumer. They begin with the first
    /// connection, which is made when a ruleset first shows firewalld's table.
    public let events: AsyncStream<FirewalldEvent>

    /// What the last ``apply(_:policy:ruleset:)`` that succeeded left.
    public private(set) var state = FirewalldState()

    /// - Parameters:
    ///   - busAddress: The bus that firewalld is on; nil for the system bus.
    ///   - callTimeout: How long a call to firewalld waits for its answer.
    ///   - interfaces: Names the interfaces through which Teredo's IPv4 packets may come.
    public init(
        busAddress: String? = nil, callTimeout: Duration = .seconds(2),
        interfaces: @escaping () throws(SystemError) -> [String] = interfacesWithIPv4
    ) {
        self.busAddress = busAddress
        self.callTimeout = callTimeout
        self.interfaces = interfaces
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(16))
    }

    deinit { continuation.finish() }

    /// Makes firewalld open exactly `openings`, nothing when that is nil, and renews what is to be renewed.
    ///
    /// To be called at changes, at every renewal of leases, after every event, and when the table `inet
    /// firewalld` comes or is another one than before. It costs some 20 ms of firewalld's time.
    ///
    /// Without firewalld's table in `ruleset` no call is made: firewalld is not running, is starting or
    /// reloading (an event will tell), or manages another namespace. The ruleset is that of the managed
    /// namespace, and only its tables are looked at.
    @discardableResult
    public func apply(
        _ openings: Openings?, policy: Policy, ruleset: Ruleset
    ) throws(FirewalldError) -> FirewalldState {
        let before = state
        state = FirewalldState()
        let tables = Set(ruleset.tables.map(\.name))
        guard tables.contains(.firewalld) else { return state }
        guard !tables.contains(.firewalldReload) else {
            leave(
                "\(TableName.firewalldReload)",
                "firewalld reloads or is in panic mode: it drops everything new")
            return state
        }
        if openings != nil, let reason = policy.reasonToLeaveFirewalld {
            leave("\(TableName.firewalld)", reason)
        }
        if policy.mode == .report { return state }
        let wanted = state.leftAlone.isEmpty ? openings : nil
        do throws(BusError) {
            if let firewalld = try connect() { try reconcile(firewalld, wanted, policy) }
        } catch {
            if error.isLoss { disconnect() }
            state = before
            throw FirewalldError(cause: error)
        }
        return state
    }

    /// What an administrator should know for `teredowall check`: what in firewalld stops Teredo in spite of
    /// our rules, or outlives them. Needs ``apply(_:policy:ruleset:)`` before.
    public func findings() throws(FirewalldError) -> [LeftAlone] {
        guard let firewalld, owner != nil else { return [] }
        do throws(BusError) {
            return try firewalldFindings(firewalld, interfaces: (try? interfaces()) ?? [])
        } catch {
            throw FirewalldError(cause: error)
        }
    }
}

extension FirewalldFirewall {
    private func leave(_ name: String, _ reason: String) {
        state.leftAlone.append(LeftAlone(name: name, reason: reason))
    }

    /// The running firewalld; nil, with the reason among what is left alone, when it cannot be reached.
    private func connect() throws(BusError) -> FirewalldInterface? {
        do throws(SystemError) {
            if firewalld == nil {
                let continuation = continuation
                watcher = try FirewalldWatcher(
                    address: busAddress, timeout: callTimeout, ownRemovals: ownRemovals
                ) { continuation.yield($0) }
                firewalld = FirewalldInterface(
                    bus: try BusConnection.open(address: busAddress, timeout: callTimeout))
            }
        } catch {
            leave("\(TableName.firewalld)", "firewalld cannot be reached: \(error)")
            return nil
        }
        let running = try firewalld?.owner()
        if running != owner {
            owner = running
            leases = [:]
        }
        if running == nil {
            leave("\(TableName.firewalld)", "firewalld is not running, the table is what it left behind")
            return nil
        }
        return firewalld
    }

    private func disconnect() {
        firewalld = nil
        watcher = nil
        owner = nil
        leases = [:]
    }

    private func reconcile(
        _ firewalld: FirewalldInterface, _ openings: Openings?, _ policy: Policy
    ) throws(BusError) {
        let wanted = openings.map(FirewalldRule.openings) ?? []
        let zones = wanted.isEmpty ? [] : try zonesInUse(firewalld, policy)
        var present: [String: Set<FirewalldRule>] = [:]
        var open: [String] = []
        for zone in zones {
            let settings = try firewalld.zone(zone)
            present[zone] = ours(settings.richRules)
            if !settings.isOpen { open.append(zone) }
        }
        let now = ContinuousClock.now
        leases = leases.filter { $0.value > now }
        let plan = FirewalldPlan(
            openings: wanted, zones: open, present: present, leases: leases, policy: policy, now: now)

        for entry in plan.additions where open.contains(entry.zone) {
            do throws(BusError) {
                try add(entry, firewalld, policy)
            } catch {
                guard case .refused = error else { throw error }
                leave("\(ChainName(.firewalld, entry.zone))", "firewalld refuses our rules: \(error)")
                open.removeAll { $0 == entry.zone }
            }
        }
        for entry in plan.removals { try remove(entry, firewalld) }
        // Last, as nothing waits for it: what is left in zones that are not in use any more.
        for zone in try firewalld.zones() where !zones.contains(zone) {
            for rule in ours(try firewalld.richRules(zone: zone)) {
                try remove(FirewalldEntry(zone: zone, rule: rule), firewalld)
            }
        }
        if !open.isEmpty {
            let chains = open.map { ChainName(.firewalld, $0) }
            state.places = [Place(kind: .firewalld, table: .firewalld, chains: chains)]
        }
    }

    private func ours(_ rules: [String]) -> Set<FirewalldRule> { Set(rules.compactMap(FirewalldRule.init)) }

    /// The zones in use, without those that are excluded.
    private func zonesInUse(_ firewalld: FirewalldInterface, _ policy: Policy) throws(BusError) -> [String] {
        let names: [String]
        do throws(SystemError) { names = try interfaces() } catch { throw .failed(error) }
        let zones = firewalldZones(
            active: try firewalld.activeZones(), defaultZone: try firewalld.defaultZone(), interfaces: names)
        return zones.filter { zone in
            let name = "\(ChainName(.firewalld, zone))"
            let isExcluded = policy.exclude.contains(name)
            if isExcluded { leave(name, "excluded") }
            return !isExcluded
        }
    }

    private func add(
        _ entry: FirewalldEntry, _ firewalld: FirewalldInterface, _ policy: Policy
    ) throws(BusError) {
        let seconds = Int32(clamping: max(1, policy.lease.components.seconds))
        let end = ContinuousClock.now + .seconds(Int64(seconds))
        do throws(BusError) {
            try firewalld.addRichRule(zone: entry.zone, entry.rule.text, timeout: seconds)
            leases[entry] = end
        } catch {
            // Somebody was faster. Its end is unknown: the next look replaces it.
            guard error.firewalldCode != "ALREADY_ENABLED" else { return }
            throw error
        }
    }

    private func remove(_ entry: FirewalldEntry, _ firewalld: FirewalldInterface) throws(BusError) {
        ownRemovals.expect(entry)
        do throws(BusError) {
            try firewalld.removeRichRule(zone: entry.zone, entry.rule.text)
            // firewalld stops the timer of a rule that is removed.
            leases[entry] = nil
        } catch {
            ownRemovals.forget(entry)
            // It expired in between.
            guard error.firewalldCode != "NOT_ENABLED" else { return }
            throw error
        }
    }
}

extension Policy {
    /// Why firewalld is left alone altogether, in a clause; nil when it is not.
    fileprivate var reasonToLeaveFirewalld: String? {
        if mode != .auto { return "the mode is \(mode.rawValue)" }
        return exclude.contains(TableName.firewalld.description) ? "excluded" : nil
    }
}

extension BusError {
    /// "ALREADY_ENABLED" and the like: firewalld has one error name, and puts its code before the text.
    fileprivate var firewalldCode: Substring? {
        guard case .refused(_, "org.fedoraproject.FirewallD1.Exception", let text) = self else { return nil }
        return text.prefix { $0 != ":" }
    }
}
