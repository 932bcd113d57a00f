// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Control
internal import Firewalls
internal import Logging
internal import Nftables
internal import Planner
internal import Platform

/// Healing: reactions to foreign commits.
extension ExceptionService {
    /// How long nobody may commit before chains of ours come back to where others have emptied theirs, and how long
    /// that is waited for at most.
    private static let quiet = Duration.milliseconds(200)
    private static let patience = Duration.seconds(2)

    /// Something was told of commits, unless a look has taken note of it already.
    func rulesetMayHaveChanged() {
        // One look sees all that was committed before it, and if it fails another one at once is no better.
        let changes = firewall.takeNews().filter(isToBeLookedAt)
        guard let change = changes.last else { return }
        // Where so much is committed that messages are lost or looks fail, looks take a tenth of the time.
        let rest = lastLook.end + lastLook.cost * 10 - .now
        if changes.contains(.lost) || lastError != nil, rest > .zero { return schedule(.look, after: rest) }
        if let wait = budget.wait(at: .now) {
            if !isFighting {
                log.warning(
                    "somebody keeps removing the exceptions: they come back more slowly\(culprit(of: change))"
                )
            }
            isFighting = true
            return schedule(.look, after: wait)
        }
        if budget.isRested { isFighting = false }
        look()
    }

    /// Notes a commit, or that notifications were lost; whether it may have changed what the exceptions depend on.
    private func isToBeLookedAt(_ change: RulesetChange) -> Bool {
        guard client != nil, !isWithdrawn else { return false }
        if case .committed(let generation, let portID, _, _, let changed) = change {
            if portID == firewall.ownPortID {
                suspects.notePassed(generation)
                return false
            }
            // A look since then has seen it. Generations wrap around.
            if Int32(bitPattern: generation &- firewall.ruleset.generation) <= 0 { return false }
            if isIrrelevant(changed) {
                hasPassedOver = true
                suspects.notePassed(generation)
                return false
            }
        }
        suspects.note(change)
        return true
    }

    /// Whether a commit changed nothing that the exceptions depend on. Where others are waited for, any commit counts.
    private func isIrrelevant(_ changed: ChangedObjects) -> Bool {
        guard firewall.waiting.isEmpty, let dependencies = firewall.dependencies else { return false }
        return !dependencies.include(anyOf: changed)
    }

    /// From now on hears of the elements that the last plan depends on, and of no others.
    func listenToElements() {
        do throws(NftablesError) {
            if try firewall.listenToElements() { schedule(.look, after: .zero) }
        } catch {
            // Then what is heard is what was heard before.
            log.error("\(error)")
            firewall.forgetRuleset()
            schedule(.look, after: .seconds(5))
        }
    }

    /// Looks at the ruleset and mends what is not as it should be, but for what is left to others for a moment.
    func look() { mend(waits: true) }

    /// Mends also what was left to others.
    func settle() { mend(waits: false) }

    private func mend(waits: Bool) {
        let before = Set(firewall.places.map(\.table)).union(firewall.waiting)
        let hadSameRules = firewall.openings == openings
        let dependencies = firewall.dependencies
        let begun = ContinuousClock.now
        defer { lastLook = (.now, .now - begun) }
        attempt("look at the ruleset") { () throws(NftablesError) in
            try firewall.reconcile(openings, policy: configuration.policy, waits: waits)
        } success: { result in
            noteNews(dependencies)
            let culprit = suspects.culprit(at: firewall.ruleset.generation)
            if firewall.waiting.isEmpty { suspects.clear() }
            let after = Set(result.plan.places.map(\.table))
            let touched = Set(result.operations.map(\.table)).sorted { $0.description < $1.description }
            for table in touched {
                let change = TableMending(
                    stoodBefore: before.contains(table), standsNow: after.contains(table),
                    lacked: hadSameRules && result.plan.incomplete.contains(table),
                    moved: result.plan.displaced.contains(table))
                say(change, of: table, culprit)
            }
        }
    }

    /// Takes note of who committed before the look that has just been taken, and changed what the one before it
    /// depended on.
    private func noteNews(_ dependencies: RulesetDependencies?) {
        for change in firewall.takeNews(upTo: firewall.ruleset.generation) {
            switch change {
            case .committed(let generation, firewall.ownPortID, _, _, _): suspects.notePassed(generation)
            case .committed(let generation, _, _, _, let changed)
            where dependencies?.include(anyOf: changed) == false:
                suspects.notePassed(generation)
            default: suspects.note(change)
            }
        }
    }

    private func say(_ mending: TableMending, of table: TableName, _ culprit: Suspects.Author?) {
        guard let words = mending.words else { return }
        budget.spend()
        let author = culprit.map { " after a change by \($0.name) (pid \($0.processID))" } ?? ""
        if !isFighting {
            let isHeal = mending == .putBack
            log.notice(
                "\(words) \(table)\(author)",
                metadata: isHeal ? .entry(.healed, table: table.description) : nil)
        }
        guard mending == .putBack else { return }
        heals = heals.suffix(31)
        heals.append(
            HealRecord(
                at: Moment(WallClock.now), place: table.description, cause: "missing or out of place",
                processID: culprit?.processID, processName: culprit?.name))
        activity.addHeal(after: culprit?.name)
    }

    /// Plans when to mend what is left to others.
    func waitForOthers() {
        guard !firewall.waiting.isEmpty else {
            waitingSince = nil
            return
        }
        let now = ContinuousClock.now
        let since = waitingSince ?? now
        waitingSince = since
        schedule(.settle, after: max(.zero, min(Self.quiet, since + Self.patience - now)))
    }

    private func culprit(of change: RulesetChange) -> String {
        guard case .committed(_, _, let processID?, let name?, _) = change else { return "" }
        return " after a change by \(name) (pid \(processID))"
    }
}

/// The outcome of a look at the ruleset in one table.
enum TableMending: Hashable {
    case placed
    case putBack
    case withdrawn
    case moved
    case renewed

    /// - Parameters:
    ///   - stoodBefore: Exceptions stood there before.
    ///   - standsNow: They stand there now.
    ///   - lacked: Something that had been there was missing.
    ///   - moved: Rules stood in the wrong place.
    init(stoodBefore: Bool, standsNow: Bool, lacked: Bool, moved: Bool) {
        self =
            switch (stoodBefore, standsNow) {
            case (_, false): .withdrawn
            case (false, true): .placed
            case (true, true): lacked ? .putBack : moved ? .moved : .renewed
            }
    }

    /// The words of the log before the name of the table; nil for what is not logged.
    var words: String? {
        switch self {
        case .placed: "put the exceptions into"
        case .putBack: "put the exceptions back into"
        case .withdrawn: "withdrew the exceptions from"
        case .moved: "moved the exceptions in"
        case .renewed: nil
        }
    }
}
