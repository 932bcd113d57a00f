// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Control
internal import Firewalls
internal import Logging
internal import Nftables
internal import Planner
internal import Platform
internal import TeredoPort

/// Owns the daemon's state: which ports the client has, and where exceptions stand for them.
///
/// Everything it hears of (a port change, a foreign commit, its own alarm) ends in one of two calls to the
/// firewall: refresh what is in the known places, or look at the whole ruleset again. A failure leaves what is
/// in force as it is, is said once, and is tried again later.
actor ExceptionService {
    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.reference }

    let log: Logger
    /// The snapshot for the control socket; ``post()`` keeps it up to date.
    nonisolated let board: StatusBoard
    let firewall: NftablesFirewall
    private(set) var configuration: Configuration
    /// nil until the client has been looked for: before that nothing is put up.
    private(set) var client: ClientState?
    /// Whom ``client`` is learned from.
    let subscription: ClientSubscription
    /// Has the connections of closed ports forgotten.
    private let flows: FlowForgetter
    var leftAlone: [LeftAlone] = []
    /// The rows of which the log says that they are stopped.
    var saidStopped: Set<RowFate> = []
    private(set) var lastError: String?
    var heals: [HealRecord] = []
    var activity = Activity()
    /// Seconds since 1970.
    let startedAt = WallClock.now
    /// Inode of the network namespace whose firewall this is.
    let networkNamespace: UInt64?
    private(set) var configurationStatus: ConfigurationStatus
    private(set) var portsSince: Int64?
    /// The one port that a client with several is known by.
    private(set) var servicePort: UInt16?
    /// firewalld, where it runs, keeps the exceptions for its own table.
    let firewalld: FirewalldService
    /// The wanted state of firewalld; only the newest counts.
    nonisolated let wishes = AsyncStream.makeStream(
        of: FirewalldService.Wish.self, bufferingPolicy: .bufferingNewest(1))
    /// Port changes for the subscribers of the control socket.
    nonisolated let changes = AsyncStream.makeStream(
        of: PortChange.self, bufferingPolicy: .bufferingNewest(64))
    /// Interfaces with the guard of the inner traffic; empty without one.
    var guardedInterfaces: [String] = []
    var guardProblem: String?
    private var agenda = Agenda()
    var budget = HealBudget(now: .now)
    var suspects = Suspects()
    /// The end and the duration of the last look.
    var lastLook = (end: ContinuousClock.now, cost: Duration.zero)
    /// Whether commits since the last look were found to change nothing that matters.
    var hasPassedOver = false
    /// Whether another program keeps removing the exceptions.
    var isFighting = false
    /// Since when something is left to others who are emptying chains.
    var waitingSince: ContinuousClock.Instant?
    /// The time at which an event of firewalld was last acted upon.
    private var firewalldHeard = ContinuousClock.now - .seconds(1)
    private(set) var isWithdrawn = false

    /// - Throws: when there is no netlink socket to be had.
    init(
        configuration loaded: LoadedConfiguration, path: String? = nil, subscription: ClientSubscription,
        on executor: ThreadExecutor, log: Logger
    ) throws(NftablesError) {
        configuration = loaded.configuration
        configurationStatus = ConfigurationStatus(
            path: path, settings: loaded.settings.map(SettingStatus.init))
        // Without it no caller can tell whether it asks about its own firewall; all else works.
        networkNamespace = try? NetworkNamespace.current().inode
        self.subscription = subscription
        self.executor = executor
        self.log = log
        board = try Self.board(loaded.configuration, configurationStatus)
        do throws(SystemError) {
            firewalld = try FirewalldService(log: log, board: board)
            flows = try FlowForgetter(log: log)
        } catch {
            throw .system(error)
        }
        firewall = NftablesFirewall(connection: try RulesetConnection())
    }

    /// From now on hears of what others commit, until the daemon withdraws.
    func follow(_ events: RulesetEvents) throws(NftablesError) {
        firewall.follow(events)
        // The firewall keeps the events, and so what is watched.
        try events.watch(on: executor) { [weak self] in self?.assumeIsolated { $0.rulesetMayHaveChanged() } }
    }

    /// From now on renews at once what expires by the wall clock when that is set.
    nonisolated func follow(_ steps: ClockSteps) throws(SystemError) {
        try steps.watch(on: executor) { [weak self] in self?.assumeIsolated { $0.clockWasSet() } }
    }

    /// From now on hears of the client what is found on the actor's own thread; the rest comes by the subscription's news.
    nonisolated func followClient() {
        subscription.deliver { [weak self] in self?.assumeIsolated { $0.clientMayHaveChanged() } }
    }

    /// The client may have changed: what is known of it decides.
    func clientMayHaveChanged() { clientChanged(to: subscription.state, seen: .now) }

    /// The client is now this, seen at that time.
    func clientChanged(to new: ClientState, seen: ContinuousClock.Instant) {
        let old = client
        guard old != new else { return }
        client = new
        // Whoever is told may have to be woken: the rule comes first.
        defer {
            if old?.ports != new.ports {
                portsSince = WallClock.now
                announce(new)
            }
            logNews(of: new, after: old)
            post()
        }
        guard let old else { return start() }
        if old.service == new.service && old.user == new.user { return notifySystemd() }
        let begun = ContinuousClock.now
        attempt("follow the client's port", renews: true) { () throws(NftablesError) in
            try firewall.refresh(openings, policy: configuration.policy)
        } success: { _ in
            guard old.service != new.service else { return }
            activity.swapSeconds.add(seconds: (ContinuousClock.now - begun) / .seconds(1))
            if !new.service.isEmpty {
                activity.openSeconds.add(seconds: (ContinuousClock.now - seen) / .seconds(1))
            }
            log.notice(ofChange: old.service, to: new.service, in: firewall.places)
            flows.forget(old.exposure.open.filter { !new.exposure.open.contains($0) })
        }
    }

    /// firewalld came, went or reloaded: what the ruleset is now decides what it is told.
    func firewalldChanged() {
        guard client != nil, !isWithdrawn else { return }
        // However much it has to say, it is looked at four times a second.
        let rest = firewalldHeard + .milliseconds(250) - .now
        guard rest <= .zero else { return schedule(.look, after: rest) }
        firewalldHeard = .now
        firewall.forgetRuleset()
        look()
    }

    /// The wall clock was set, or the machine has slept: what expires by it is renewed at once.
    func clockWasSet() {
        guard client != nil, !isWithdrawn else { return }
        attempt("renew the lease after the clock was set", renews: true) { () throws(NftablesError) in
            try firewall.refresh(openings, policy: configuration.policy)
        }
    }

    /// The time for something on the agenda has come.
    func alarmRang() {
        for duty in agenda.takeDue(at: .now) {
            switch duty {
            case .renew:
                // Messages do not tell everything: a table may have died with its owner.
                if hasPassedOver || firewall.mayHaveMissed {
                    hasPassedOver = false
                    firewall.forgetRuleset()
                    look()
                }
                // What follows brings back the code that a change of the port needs, and no other.
                Memory.releaseCode()
                subscription.lookAtSockets()
                findGuardedInterfaces()
                attempt("renew the lease", renews: true) { () throws(NftablesError) in
                    try firewall.refresh(openings, policy: configuration.policy)
                }
                feed()
            case .look:
                firewalldHeard = .now
                look()
            case .settle: settle()
            case .feed: feed()
            }
        }
        setAlarm()
    }

    /// Puts another configuration in force. What both allow stays open throughout.
    func reconfigure(_ loaded: LoadedConfiguration) {
        let new = loaded.configuration
        configuration = new
        configurationStatus.lastError = nil
        configurationStatus.settings = loaded.settings.map(SettingStatus.init)
        defer { post() }
        findGuardedInterfaces()
        guard client != nil else { return }
        attempt("apply the configuration") { () throws(NftablesError) in
            try firewall.reconcile(openings, policy: new.policy)
        }
        // The lease may have become another one.
        attempt("apply the configuration", renews: true) { () throws(NftablesError) in
            try firewall.refresh(openings, policy: new.policy)
        }
    }

    /// The configuration files cannot be read: the old one stays in force, and the status says why.
    func keepConfiguration(because reason: String) {
        configurationStatus.lastError = reason
        post()
    }

    /// Takes everything down. Fails only when the kernel refuses, and then says what is left.
    func withdraw() -> Bool {
        isWithdrawn = true
        executor.setAlarm(at: nil) {}
        tell("STOPPING=1")
        do throws(NftablesError) {
            let places = firewall.places
            _ = try firewall.reconcile(nil, policy: configuration.policy)
            if client != nil { log.notice("\(LogText.closed(places))", metadata: .entry(.closed)) }
            return true
        } catch {
            // An answer that was lost says nothing about the commit: the ruleset does.
            if (try? firewall.plan(nil, policy: configuration.policy).operations.isEmpty) == true {
                log.notice(
                    "closed everything, though the kernel's answer was lost: \(error)",
                    metadata: .entry(.closed))
                return true
            }
            log.error("cannot close: \(error); what is open expires by itself", metadata: .entry(.failed))
            return false
        }
    }
}

extension ExceptionService {
    /// The wanted openings.
    var openings: Openings {
        Openings(
            service: client?.service ?? [], clientUser: client?.user, multicast: configuration.multicast,
            igmp: configuration.igmp, guardedInterfaces: guardedInterfaces)
    }

    /// Tells the subscribers of the control socket, in the words of the port API.
    private func announce(_ client: ClientState) {
        let old = servicePort
        servicePort = client.main
        let type: PortChange.Kind =
            switch (old, client.main) {
            case (nil, nil): .initial
            case (nil, _?): .started
            case (_?, nil): .stopped
            case (_?, _?): .changed
            }
        changes.continuation.yield(
            PortChange(type: type, port: client.main ?? old ?? 0, ports: client.ports))
    }

    private func start() {
        findGuardedInterfaces()
        attempt("put the exceptions up", renews: true) { () throws(NftablesError) in
            try firewall.reconcile(openings, policy: configuration.policy)
        } success: { _ in
            feed()
            log.notice("\(LogText.standing(in: firewall.places))")
            if let client, !client.service.isEmpty {
                log.notice(ofChange: [], to: client.service, in: firewall.places)
            }
        }
        // Soon, so that the code of the start is let go.
        if lastError == nil { schedule(.renew, after: min(configuration.policy.lease / 3, .seconds(2))) }
    }

    /// Runs one call to the firewall, says what chains it left alone where that changed, and plans the next.
    ///
    /// `renews` says that the call renews every lease: renewals keep their own time, whatever others do.
    func attempt(
        _ purpose: String, renews: Bool = false, _ call: () throws(NftablesError) -> Reconciliation,
        success: (Reconciliation) -> Void = { _ in }
    ) {
        defer { post() }
        defer { listenToElements() }
        do throws(NftablesError) {
            let result = try call()
            lastError = nil
            activity.retries += UInt64(result.retries)
            success(result)
            wishes.continuation.yield(
                FirewalldService.Wish(
                    openings: openings, policy: configuration.policy, ruleset: firewall.ruleset))
            sayWhatIsStopped()
            waitForOthers()
        } catch {
            activity.failures += 1
            let message = "cannot \(purpose): \(error)"
            if message != lastError { log.error("\(message)", metadata: .entry(.failed)) }
            lastError = message
            notifySystemd()
            schedule(.look, after: min(configuration.policy.lease / 3, .seconds(5)))
        }
        if renews || agenda.time(of: .renew) == nil {
            schedule(.renew, after: configuration.policy.lease / 3)
        }
        guard firewall.hasNews else { return }
        executor.perform { [weak self] in self?.assumeIsolated { $0.rulesetMayHaveChanged() } }
    }

    /// One line for `systemctl status`.
    private var statusLine: String {
        if let lastError { return lastError }
        guard let client, !client.ports.isEmpty else {
            return "waiting for the Teredo client; \(LogText.standing(in: firewall.places))"
        }
        let withheld = client.exposure.withheld
        if client.service.isEmpty, let first = withheld.first {
            return "UDP port \(first.endpoint) not opened: \(first.reason)"
        }
        if firewall.places.isEmpty { return "\(LogText.ports(client.service)) in use, opened nowhere" }
        return "\(LogText.ports(client.service)) open in \(LogText.places(firewall.places))"
    }

    /// Tells systemd what is open, and that the client may start: called once firewalld is served too.
    func notifySystemd() {
        // Of its own: systemd ignores a whole message that is too long.
        tell("READY=1")
        tell("STATUS=\(LogText.shortened(statusLine))")
    }

    /// Says what is new about the client, apart from what is open.
    private func logNews(of new: ClientState, after old: ClientState?) {
        if let problem = new.userProblem, problem != old?.userProblem { log.error("\(problem)") }
        let said = old?.exposure.withheld ?? []
        for item in new.exposure.withheld where !said.contains(item) {
            log.warning("UDP port \(item.endpoint) is not opened: \(item.reason)")
        }
    }

    /// A service manager that does not listen is none of the firewall's business.
    private func tell(_ lines: String...) { try? ServiceManager.notify(lines) }

    /// Says that the loop turns: this runs on it.
    private func feed() {
        guard let interval = ServiceManager.watchdogInterval else { return }
        tell("WATCHDOG=1")
        schedule(.feed, after: interval / 2)
    }

    private static func board(
        _ configuration: Configuration, _ status: ConfigurationStatus
    ) throws(NftablesError) -> StatusBoard {
        let openings = Openings(
            ports: [], clientUser: nil, multicast: configuration.multicast, igmp: configuration.igmp)
        return try StatusBoard(
            StatusBoard.Facts(
                configuration: configuration, configurationStatus: status, openings: openings))
    }

    /// Makes what is known here visible to the control socket.
    private func post() {
        board.post(
            StatusBoard.Facts(
                configuration: configuration, configurationStatus: configurationStatus, openings: openings,
                client: client, portsSince: portsSince,
                servicePort: servicePort, places: firewall.places, fates: firewall.fates,
                leftAlone: leftAlone,
                heals: heals,
                lastError: lastError, activity: activity))
    }

    func schedule(_ duty: Agenda.Duty, after delay: Duration) {
        agenda.set(duty, at: .now + delay)
        setAlarm()
    }

    private func setAlarm() {
        executor.setAlarm(at: agenda.next) { [weak self] in self?.assumeIsolated { $0.alarmRang() } }
    }
}
