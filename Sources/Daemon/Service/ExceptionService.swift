// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Control
internal import Firewalls
internal import Logging
internal import Nftables
internal import Planner
internal import Platform
internal import TeredoPort

/// Owns the daemon's state: the client's ports and the exceptions for them.
///
/// Every event (a change of the port, a foreign commit, a timer) leads to one of two calls to the firewall: a
/// refresh of the present attachments, or a new reading of the whole ruleset. After a failure, the exceptions
/// stay as they are; the failure is logged once, and the call is repeated later.
actor ExceptionService {
    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.reference }

    let log: Logger
    /// The snapshot for the control socket; ``post()`` updates it.
    nonisolated let board: StatusBoard
    let firewall: NftablesFirewall
    private(set) var configuration: Configuration
    /// The client; nil until the first lookup, before which no exception is made.
    private(set) var client: ClientState?
    /// The source of ``client``.
    let subscription: ClientSubscription
    /// Deletes the tracked connections of closed ports.
    private let flows: FlowForgetter
    var leftAlone: [LeftAlone] = []
    /// The fates that have been logged as stopped.
    var loggedStoppedFates: Set<RowFate> = []
    private(set) var lastError: String?
    var heals: [HealRecord] = []
    var activity = Activity()
    /// Seconds since 1970.
    let startedAt = WallClock.now
    /// The inode of the network namespace whose firewall is managed.
    let networkNamespace: UInt64?
    private(set) var configurationStatus: ConfigurationStatus
    private(set) var portsSince: Int64?
    /// The one port that is reported where the client has several.
    private(set) var servicePort: UInt16?
    /// The owner of the exceptions in firewalld's own table.
    let firewalld: FirewalldService
    /// The wanted state of firewalld; the newest value replaces earlier ones.
    nonisolated let firewalldTargets = AsyncStream.makeStream(
        of: FirewalldService.Target.self, bufferingPolicy: .bufferingNewest(1))
    /// Changes of the port for the subscribers of the control socket; only the newest 64 wait to be sent.
    nonisolated let portChangeStream = AsyncStream.makeStream(
        of: PortChange.self, bufferingPolicy: .bufferingNewest(64))
    /// The interfaces with the guard of inner traffic; empty without the guard.
    var guardedInterfaces: [String] = []
    var guardProblem: String?
    private var agenda = Agenda()
    var budget = HealBudget(now: .now)
    var commitAuthors = CommitAuthors()
    /// The end and the duration of the last reading of the ruleset.
    var lastLook = (end: ContinuousClock.now, cost: Duration.zero)
    /// The end and the duration of the last reading for a comparison with what events reported. Commits of other
    /// programs may have prevented the comparison.
    private var lastComparison = (end: ContinuousClock.now, cost: Duration.zero)
    /// True when commits since the last comparison were skipped as irrelevant, or when the comparison was
    /// prevented.
    var hasSkippedCommits = false
    /// True while another program keeps removing the exceptions.
    var isHealingSlowed = false
    /// The time since when tables are waited for; nil when none is.
    var waitingSince: ContinuousClock.Instant?
    /// When an event of firewalld was last handled; initially too long ago to delay the first event.
    private var lastFirewalldEvent = ContinuousClock.now - .seconds(1)
    private(set) var isWithdrawn = false

    /// - Throws: ``NftablesError`` when sockets or threads are short.
    init(
        configuration loaded: LoadedConfiguration, path: String? = nil, subscription: ClientSubscription,
        on executor: ThreadExecutor, log: Logger
    ) throws(NftablesError) {
        configuration = loaded.configuration
        configurationStatus = ConfigurationStatus(path: path, settings: loaded.settings)
        // Without the inode, callers cannot tell whether their own firewall is meant; everything else works.
        networkNamespace = try? NetworkNamespace.current().inode
        self.subscription = subscription
        self.executor = executor
        self.log = log
        board = try Self.initialBoard(loaded.configuration, configurationStatus)
        do throws(SystemError) {
            firewalld = try FirewalldService(log: log, board: board)
            flows = try FlowForgetter(log: log)
        } catch {
            throw .system(error)
        }
        firewall = NftablesFirewall(connection: try RulesetConnection())
    }

    /// Handles the commits of other programs from now on, until the daemon withdraws.
    func follow(_ events: RulesetEvents) throws(NftablesError) {
        firewall.follow(events)
        // The firewall retains the events, so that they stay watched.
        try events.watch(on: executor) { [weak self] in self?.assumeIsolated { $0.rulesetMayHaveChanged() } }
    }

    /// Renews rules that expire by the wall clock as soon as the clock is set, from now on.
    nonisolated func follow(_ steps: ClockSteps) throws(SystemError) {
        try steps.watch(on: executor) { [weak self] in self?.assumeIsolated { $0.clockWasSet() } }
    }

    /// Handles changes of the client that are found on the actor's own thread; others come by the
    /// subscription's `news`.
    nonisolated func followClient() {
        subscription.deliver { [weak self] in self?.assumeIsolated { $0.clientMayHaveChanged() } }
    }

    /// Handles a possible change of the client.
    func clientMayHaveChanged() { clientChanged(to: subscription.state, seen: .now) }

    /// Handles a change of the client that was observed at `seen`.
    func clientChanged(to new: ClientState, seen: ContinuousClock.Instant) {
        let old = client
        guard old != new else { return }
        client = new
        // Notify subscribers last: waking them takes time, and the new port must be opened first.
        defer {
            if old?.ports != new.ports {
                portsSince = WallClock.now
                publishPortChange(of: new)
            }
            logProblems(of: new, after: old)
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
            log.notice(ofChange: old.service, to: new.service, in: firewall.attachments)
            flows.forget(old.exposure.open.filter { !new.exposure.open.contains($0) })
        }
    }

    /// Handles events of firewalld. The ruleset decides which openings firewalld gets.
    func firewalldChanged() {
        guard client != nil, !isWithdrawn else { return }
        // Limit the rate: firewalld may send many events, and each reading takes time.
        firewall.forgetRuleset()
        let pause = lastFirewalldEvent + .milliseconds(250) - .now
        guard pause <= .zero else { return schedule(.look, after: pause) }
        lastFirewalldEvent = .now
        look()
    }

    /// Renews at once the rules that expire by the wall clock, which was set or has run on while the machine
    /// was suspended.
    func clockWasSet() {
        guard client != nil, !isWithdrawn else { return }
        attempt("renew the lease after the clock was set", renews: true) { () throws(NftablesError) in
            try firewall.refresh(openings, policy: configuration.policy)
        }
    }

    /// Called by the executor's alarm: renews, looks, settles or feeds the watchdog.
    func performDueDuties() {
        for duty in agenda.takeDue(at: .now) {
            switch duty {
            case .renew:
                // Not every change has an event, for instance when a table vanishes with its owner: read
                // everything. A reading of 50 000 rules takes a second: limit readings to a hundredth of the time.
                let isDue = ContinuousClock.now >= lastComparison.end + lastComparison.cost * 100
                if isDue, hasSkippedCommits || firewall.mayHaveUnreportedChanges {
                    firewall.requestMirrorComparison()
                    look()
                    (hasSkippedCommits, lastComparison) = (!firewall.hasComparedMirror, lastLook)
                    logUnreportedChanges()
                }
                // Release the program's code pages; the calls below load the pages that a change of the port
                // needs.
                Memory.releaseCode()
                subscription.lookAtSockets()
                findGuardedInterfaces()
                attempt("renew the lease", renews: true) { () throws(NftablesError) in
                    try firewall.refresh(openings, policy: configuration.policy)
                }
                feedWatchdog()
            case .look:
                lastFirewalldEvent = .now
                look()
            case .settle: settle()
            case .watchdog: feedWatchdog()
            }
        }
        setAlarm()
    }

    /// Puts another configuration in force. Ports that both configurations open stay open meanwhile.
    func reconfigure(_ loaded: LoadedConfiguration) {
        let new = loaded.configuration
        configuration = new
        configurationStatus.lastError = nil
        configurationStatus.settings = loaded.settings
        defer { post() }
        findGuardedInterfaces()
        guard client != nil else { return }
        attempt("apply the configuration") { () throws(NftablesError) in
            try firewall.reconcile(openings, policy: new.policy)
        }
        // Renew, since the length of the lease may have changed.
        attempt("apply the configuration", renews: true) { () throws(NftablesError) in
            try firewall.refresh(openings, policy: new.policy)
        }
    }

    /// Keeps the configuration in force because the files cannot be read; the status shows the reason.
    func keepConfiguration(because reason: String) {
        configurationStatus.lastError = reason
        post()
        // READY=1 ends the reload, if RELOADING=1 was sent to systemd.
        if client != nil { notifySystemd() }
    }

    /// Removes all exceptions. Returns false, after logging the reason, when the kernel refuses.
    func withdraw() -> Bool {
        isWithdrawn = true
        // Perform no further duties.
        executor.setAlarm(at: nil) {}
        notify("STOPPING=1")
        do throws(NftablesError) {
            let attachments = firewall.attachments
            _ = try firewall.reconcile(nil, policy: configuration.policy)
            if client != nil { log.notice("\(LogText.closed(attachments))", metadata: .entry(.closed)) }
            return true
        } catch {
            // The kernel's answer may be lost although the commit succeeded: read whether it did.
            if (try? firewall.plan(nil, policy: configuration.policy).operations.isEmpty) == true {
                log.notice(
                    "closed everything, though the kernel's answer was lost: \(error)",
                    metadata: .entry(.closed))
                return true
            }
            log.error(
                "cannot close: \(error); what is open ends with its lease, `teredowall cleanup` removes the rest",
                metadata: .entry(.failed))
            return false
        }
    }
}

extension ExceptionService {
    /// The openings that are to be in force.
    var openings: Openings {
        Openings(
            service: client?.service ?? [], clientUser: client?.user, multicast: configuration.multicast,
            igmp: configuration.igmp, guardedInterfaces: guardedInterfaces)
    }

    /// Notifies the subscribers of the control socket, in terms of the port API.
    private func publishPortChange(of client: ClientState) {
        let old = servicePort
        servicePort = client.main
        let type: PortChange.Kind =
            switch (old, client.main) {
            case (nil, nil): .initial
            case (nil, _?): .started
            case (_?, nil): .stopped
            case (_?, _?): .changed
            }
        portChangeStream.continuation.yield(
            PortChange(type: type, port: client.main ?? old ?? 0, ports: client.ports))
    }

    private func start() {
        findGuardedInterfaces()
        attempt("add the exceptions", renews: true) { () throws(NftablesError) in
            try firewall.reconcile(openings, policy: configuration.policy)
        } success: { _ in
            feedWatchdog()
            log.notice("\(LogText.standing(in: firewall.attachments))")
            if let client, !client.service.isEmpty {
                log.notice(ofChange: [], to: client.service, in: firewall.attachments)
            }
        }
        // Renew soon, because a renewal also releases the code pages that only the start needed.
        if lastError == nil { schedule(.renew, after: min(configuration.policy.lease / 3, .seconds(2))) }
    }

    /// Performs one call to the firewall, logs what it left alone, and schedules the next renewal and, after a
    /// failure, a repair.
    ///
    /// `renews` is true for calls that renew every lease; other calls do not postpone the next renewal.
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
            firewalldTargets.continuation.yield(
                FirewalldService.Target(
                    openings: openings, policy: configuration.policy, ruleset: firewall.ruleset))
            logStoppedRows()
            waitForOthers()
        } catch {
            activity.failures += 1
            let message = "cannot \(purpose): \(error)"
            if message != lastError { log.error("\(message)", metadata: .entry(.failed)) }
            lastError = message
            notifySystemd()
            schedule(.look, after: min(configuration.policy.lease / 3, .seconds(5)))
        }
        // A third of the lease: should one renewal fail, the next is still in time.
        if renews || agenda.time(of: .renew) == nil {
            schedule(.renew, after: configuration.policy.lease / 3)
        }
        // Handle commits of other programs that were reported during the call.
        guard firewall.hasNews else { return }
        executor.perform { [weak self] in self?.assumeIsolated { $0.rulesetMayHaveChanged() } }
    }

    /// The line shown by `systemctl status`.
    private var statusLine: String {
        if let lastError { return lastError }
        guard let client, !client.ports.isEmpty else {
            return "waiting for the Teredo client; \(LogText.standing(in: firewall.attachments))"
        }
        let withheld = client.exposure.withheld
        if client.service.isEmpty, let first = withheld.first {
            return "UDP port \(first.endpoint) not opened: \(first.reason)"
        }
        if firewall.attachments.isEmpty { return "\(LogText.ports(client.service)) in use, opened nowhere" }
        return "\(LogText.ports(client.service)) open in \(LogText.attachments(firewall.attachments))"
    }

    /// Reports to systemd what is open and that dependent units, such as the client, may start. After a change
    /// of the exceptions, called only when firewalld has them too.
    func notifySystemd() {
        // Two messages, because systemd ignores every line of a message that is too long.
        notify("READY=1")
        notify("STATUS=\(LogText.shortened(statusLine))")
    }

    /// Logs new problems of the client: a failed lookup of its user, and ports that are not opened.
    private func logProblems(of new: ClientState, after old: ClientState?) {
        if let problem = new.userProblem, problem != old?.userProblem { log.error("\(problem)") }
        let logged = old?.exposure.withheld ?? []
        for item in new.exposure.withheld where !logged.contains(item) {
            log.warning("UDP port \(item.endpoint) is not opened: \(item.reason)")
        }
    }

    /// Failures are ignored: the firewall works without a service manager that listens.
    private func notify(_ lines: String...) { try? ServiceManager.notify(lines) }

    /// Feeds systemd's watchdog. Runs on the actor's own thread and so proves that this thread is alive.
    private func feedWatchdog() {
        guard let interval = ServiceManager.watchdogInterval else { return }
        notify("WATCHDOG=1")
        schedule(.watchdog, after: interval / 2)
    }

    private static func initialBoard(
        _ configuration: Configuration, _ status: ConfigurationStatus
    ) throws(NftablesError) -> StatusBoard {
        let openings = Openings(
            ports: [], clientUser: nil, multicast: configuration.multicast, igmp: configuration.igmp)
        return try StatusBoard(
            StatusBoard.Facts(
                configuration: configuration, configurationStatus: status, openings: openings))
    }

    /// Updates the snapshot for the control socket.
    private func post() {
        board.post(
            StatusBoard.Facts(
                configuration: configuration, configurationStatus: configurationStatus, openings: openings,
                client: client, portsSince: portsSince,
                servicePort: servicePort, attachments: firewall.attachments, fates: firewall.fates,
                leftAlone: leftAlone, heals: heals, lastError: lastError, activity: activity))
    }

    func schedule(_ duty: Agenda.Duty, after delay: Duration) {
        agenda.set(duty, at: .now + delay)
        setAlarm()
    }

    private func setAlarm() {
        executor.setAlarm(at: agenda.next) { [weak self] in self?.assumeIsolated { $0.performDueDuties() } }
    }
}
