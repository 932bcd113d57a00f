// SPDX-License-Identifier: GPL-2.0-or-later
internal import Configuration
internal import Control
internal import Firewalls
internal import Logging
internal import Nftables
internal import Planner
internal import Platform

/// Healing: reactions to commits of other programs.
extension ExceptionService {
    /// The time without a commit that must pass before exceptions are added again to chains that another program has
    /// emptied.
    private static let settleInterval = Duration.milliseconds(200)
    /// The longest wait for that.
    private static let settleLimit = Duration.seconds(2)

    /// Called when commits were reported. Reads the ruleset again if one of them may concern the exceptions.
    func rulesetMayHaveChanged() {
        // One reading covers all earlier commits. If it fails, repeating it at once would not help.
        let changes = firewall.takeNews().filter(recordIfRelevant)
        guard let change = changes.last else { return }
        // When messages are lost or readings fail because of many commits, limit readings to a tenth of the
        // time.
        let pause = lastLook.end + lastLook.cost * 10 - .now
        if changes.contains(.lost) || lastError != nil, pause > .zero { return schedule(.look, after: pause) }
        if let wait = budget.wait(at: .now) {
            if !isHealingSlowed {
                log.warning(
                    "another program keeps removing the exceptions: they are put back more slowly\(authorText(of: change))"
                )
            }
            isHealingSlowed = true
            return schedule(.look, after: wait)
        }
        if budget.isHalfFull { isHealingSlowed = false }
        log.debug("reading the ruleset after a foreign commit\(authorText(of: change))")
        look()
    }

    /// Records a change. Returns true when a reading is needed: the change may concern the exceptions, and no
    /// reading covers it yet.
    private func recordIfRelevant(_ change: RulesetChange) -> Bool {
        guard client != nil, !isWithdrawn else { return false }
        if case .skipped = change {
            hasSkippedCommits = true
            return false
        }
        if case .committed(let generation, let portID, _, _, let changed) = change {
            if portID == firewall.ownPortID {
                commitAuthors.recordIrrelevant(generation)
                return false
            }
            // An earlier reading covers the commit. Generations wrap around.
            if Int32(bitPattern: generation &- firewall.ruleset.generation) <= 0 { return false }
            if isIrrelevant(changed) {
                hasSkippedCommits = true
                commitAuthors.recordIrrelevant(generation)
                return false
            }
        }
        commitAuthors.record(change)
        return true
    }

    /// True when a commit changed nothing that the exceptions depend on. While tables are waited for, every
    /// commit counts.
    private func isIrrelevant(_ changed: ChangedObjects) -> Bool {
        guard firewall.waiting.isEmpty, let dependencies = firewall.dependencies else { return false }
        return !dependencies.include(anyOf: changed)
    }

    /// Limits element events to the sets that the last plan depends on.
    func listenToElements() {
        do throws(NftablesError) {
            if try firewall.listenToElements() { schedule(.look, after: .zero) }
        } catch {
            // The limits stay as they were; read everything in a moment instead.
            log.error("\(error)")
            firewall.forgetRuleset()
            schedule(.look, after: .seconds(5))
        }
    }

    /// Reads the ruleset and repairs it, except tables in which another program is just emptying chains.
    func look() { repair(waits: true) }

    /// Reads the ruleset and repairs it, including the tables that were waited for.
    func settle() { repair(waits: false) }

    private func repair(waits: Bool) {
        // Tables that were waited for had exceptions until another program emptied their chains: to add the
        // exceptions there is to put them back.
        let before = Set(firewall.attachments.map(\.table)).union(firewall.waiting)
        let hadSameOpenings = firewall.openings == openings
        let dependencies = firewall.dependencies
        let begun = ContinuousClock.now
        defer { lastLook = (.now, .now - begun) }
        attempt("look at the ruleset") { () throws(NftablesError) in
            try firewall.reconcile(openings, policy: configuration.policy, waits: waits)
        } success: { result in
            recordAuthors(dependencies)
            let author = commitAuthors.soleAuthor(at: firewall.ruleset.generation)
            if firewall.waiting.isEmpty { commitAuthors.clear() }
            let after = Set(result.plan.attachments.map(\.table))
            let touched = Set(result.operations.map(\.table)).sorted { $0.description < $1.description }
            for table in touched {
                let repair = TableRepair(
                    wasInForce: before.contains(table), isInForce: after.contains(table),
                    wasIncomplete: hadSameOpenings && result.plan.incomplete.contains(table),
                    wasDisplaced: result.plan.displaced.contains(table))
                record(repair, of: table, by: author)
            }
        }
    }

    /// Records the authors of the commits that the reading just made covers, as far as the previous plan
    /// depends on what they changed.
    private func recordAuthors(_ dependencies: RulesetDependencies?) {
        for change in firewall.takeNews(upTo: firewall.ruleset.generation) {
            switch change {
            case .committed(let generation, firewall.ownPortID, _, _, _):
                commitAuthors.recordIrrelevant(generation)
            case .committed(let generation, _, _, _, let changed)
            where dependencies?.include(anyOf: changed) == false:
                commitAuthors.recordIrrelevant(generation)
            default: commitAuthors.record(change)
            }
        }
    }

    private func record(_ repair: TableRepair, of table: TableName, by author: CommitAuthors.Author?) {
        guard let words = repair.words else { return }
        budget.spend()
        let authorText = author.map { " after a change by \($0.name) (pid \($0.processID))" } ?? ""
        if !isHealingSlowed {
            let isHeal = repair == .putBack
            log.notice(
                "\(words) \(table)\(authorText)",
                metadata: isHeal ? .entry(.healed, table: table.description) : nil)
        }
        guard repair == .putBack else { return }
        // Keep the latest 32 heals, with the one added here.
        heals = heals.suffix(31)
        heals.append(
            HealRecord(
                at: Moment(WallClock.now), place: table.description, cause: "missing or out of place",
                processID: author?.processID, processName: author?.name))
        activity.addHeal(after: author?.name)
    }

    /// Schedules the repair of the tables that were waited for.
    func waitForOthers() {
        guard !firewall.waiting.isEmpty else {
            waitingSince = nil
            return
        }
        let now = ContinuousClock.now
        let since = waitingSince ?? now
        waitingSince = since
        schedule(.settle, after: max(.zero, min(Self.settleInterval, since + Self.settleLimit - now)))
    }

    /// Logs changes that no event reported and that a reading of the whole ruleset has found. They are a fault
    /// of this program or of the kernel.
    func logUnreportedChanges() {
        guard let first = firewall.unreported.first else { return }
        activity.failures += 1
        let others = firewall.unreported.count - 1
        let more = others > 0 ? " and \(others) more" : ""
        log.error(
            "no event reported a change of \(first)\(more): read again; please report this as a bug",
            metadata: .entry(.failed))
    }

    private func authorText(of change: RulesetChange) -> String {
        guard case .committed(_, _, let processID?, let name?, _) = change else { return "" }
        return " (latest change: \(name), pid \(processID))"
    }
}
