// SPDX-License-Identifier: GPL-2.0-or-later
internal import Control
internal import Firewalls
internal import Logging
internal import Nftables
internal import Planner
internal import Platform

/// Owns the exceptions in firewalld. A separate actor beside ``ExceptionService``, because firewalld may be
/// slow to answer and the kernel's tables must not wait for it.
actor FirewalldService {
    /// The wanted state of firewalld.
    struct Target: Sendable {
        var openings: Openings
        var policy: Policy
        var ruleset: Ruleset
    }

    private nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.reference }

    /// Events in firewalld after which the wanted state must be applied again.
    nonisolated let events: AsyncStream<FirewalldEvent>
    private let firewall: FirewalldFirewall
    private let log: Logger
    /// The snapshot for the control socket.
    private let board: StatusBoard
    private var target: Target?
    private var lastError: String?
    private var loggedItems: [LeftAlone] = []
    private var loggedNote: String?
    /// True once exceptions have been in force in firewalld; stays true when they are removed.
    private var wasInForce = false
    private var heals: [HealRecord] = []

    /// - Throws: ``SystemError`` when threads or descriptors are short.
    init(log: Logger, board: StatusBoard) throws(SystemError) {
        self.log = log
        self.board = board
        executor = try ThreadExecutor(name: "firewalld")
        let firewall = FirewalldFirewall()
        events = firewall.events
        self.firewall = firewall
    }

    /// Blocks until a firewalld that is starting has its rules in force: at most 10 s until it is on the bus, and as long
    /// again until it answers (see ``FirewalldStart/waitUntilReady(atMost:)``).
    func awaitStart() {
        if !FirewalldStart().waitUntilReady(atMost: .seconds(10)) {
            log.warning("firewalld was started but does not answer; its exceptions are added when it does")
        }
    }

    /// Puts the wanted state in force in firewalld. A failure is logged once, and the call is repeated later.
    func apply(_ target: Target) {
        let before = (ports: self.target?.openings.service ?? [], state: firewall.state)
        self.target = target
        // Cancel a retry: this call replaces it.
        executor.setAlarm(at: nil) {}
        defer {
            board.post(
                StatusBoard.FirewalldFacts(state: firewall.state, heals: heals, problem: lastError))
        }
        do throws(FirewalldError) {
            let state = try firewall.apply(target.openings, policy: target.policy, ruleset: target.ruleset)
            lastError = nil
            logChange(
                from: before.ports, in: before.state, to: target.openings.service, at: state.attachments)
            logNews(in: state)
            if let delay = state.retryDelay {
                executor.setAlarm(at: .now + delay) { [weak self] in
                    self?.assumeIsolated { $0.retry() }
                }
            }
        } catch {
            if "\(error)" != lastError { log.error("\(error)", metadata: .entry(.failed)) }
            lastError = "\(error)"
            executor.setAlarm(at: .now + .seconds(5)) { [weak self] in
                self?.assumeIsolated { $0.retry() }
            }
        }
    }

    /// The changes that would be made in firewalld; none before the first ``apply(_:)``.
    func preview(_ openings: Openings, policy: Policy) -> FirewalldPreview {
        guard let target else { return FirewalldPreview() }
        return firewall.preview(openings, policy: policy, ruleset: target.ruleset)
    }

    /// Removes all exceptions from firewalld. Returns false, after logging the reason, on failure.
    func withdraw() -> Bool {
        executor.setAlarm(at: nil) {}
        guard let target else { return true }
        let attachments = firewall.state.attachments
        do throws(FirewalldError) {
            try firewall.apply(nil, policy: target.policy, ruleset: target.ruleset)
            if !attachments.isEmpty {
                log.notice("\(LogText.closed(attachments))", metadata: .entry(.closed))
            }
            return true
        } catch {
            log.error(
                "cannot close: \(error); rules with a timeout expire, `firewall-cmd --reload` removes the others",
                metadata: .entry(.failed))
            return false
        }
    }

    private func retry() {
        if let target { apply(target) }
    }

    private func logChange(
        from old: [Opening], in oldState: FirewalldState, to new: [Opening], at attachments: [Attachment]
    ) {
        let oldAttachments = oldState.attachments
        guard !attachments.isEmpty else { return }
        defer { wasInForce = true }
        if oldAttachments.isEmpty && !oldState.opensNothing && wasInForce {
            log.notice(
                "put the exceptions back into \(LogText.attachments(attachments)) after firewalld had removed them"
            )
            // Keep the latest 16 heals, with the one added here: firewalld is at most one attachment.
            heals = heals.suffix(15)
            heals += attachments.map { attachment in
                HealRecord(
                    at: Moment(WallClock.now), place: attachment.table.description,
                    cause: "firewalld reloaded or restarted",
                    processName: "firewalld")
            }
        } else if oldAttachments != attachments {
            log.notice("\(LogText.standing(in: attachments))")
            if !new.isEmpty { log.notice(ofChange: [], to: new, in: attachments) }
        } else if old != new {
            log.notice(ofChange: old, to: new, in: attachments)
        }
    }

    /// Logs the items left alone, and the note about the exceptions in force, unless the previous state had them.
    private func logNews(in state: FirewalldState) {
        log.warn(ofNew: state.leftAlone, besides: loggedItems)
        if let note = state.note, note != loggedNote { log.warning("\(TableName.firewalld): \(note)") }
        (loggedItems, loggedNote) = (state.leftAlone, state.note)
    }
}
