// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform
internal import Synchronization

/// Each commit costs at least the message that ends it, even if it changes none of the reported objects. During
/// thousands of such commits per second, the kernel can drop these messages too. It then drops the ends of all
/// commits, so that a report of any other change cannot be completed and counts as a loss.
extension RulesetEvents {
    /// For this time, skips commits that change none of the objects that are reported; they cost nothing. Returns
    /// the changes not yet taken; nil when commits cannot be skipped, for example because too many sets are
    /// reported.
    ///
    /// The first report of any other change ends the skipping at once and becomes ``RulesetChange/lost``. Call this
    /// on the executor's thread.
    public func skipIrrelevantCommits(for time: Duration) -> [RulesetChange]? {
        guard let (executor, token) = watcher.withLock({ $0 }) else { return nil }
        let changes = state.withLock { state -> [RulesetChange]? in
            guard let sets = state.setsWithReportedElements, !state.isSkipping else { return nil }
            do throws(NftablesError) { try filter(for: sets, isSkipping: true) } catch { return nil }
            // Read the events that arrived before the new filter. If the end of their last commit is not among them,
            // the filter may have dropped that end.
            let changes = read(&state)
            state.isSkipping = true
            return changes + (state.hasNothingPending ? [] : discardPending(&state))
        }
        guard let changes else { return nil }
        // The descriptor may be paused (``suspendCalls(for:)``), and the new alarm replaces the one that would resume
        // it.
        do throws(SystemError) { try executor.resume(descriptor, token: token) } catch {
            fatalError("\(error)")
        }
        executor.setAlarm(of: self, at: .now + time) { [self] in
            reportEveryCommit()
            // If commits still arrive by the thousand, take them in portions of 10 ms.
            suspendCalls(for: .milliseconds(10))
        }
        return changes
    }

    /// Ends ``skipIrrelevantCommits(for:)``. Call it before each own commit, so that the commit is reported.
    public func reportEveryCommit() { state.withLock { stopSkipping(&$0) } }

    func stopSkipping(_ state: inout State) {
        guard state.isSkipping, let sets = state.setsWithReportedElements else { return }
        // Fails only if this process has no memory. If the kernel has none for the filter, the filter is removed, and
        // the socket receives everything.
        do throws(NftablesError) { try filter(for: sets, isSkipping: false) } catch { return }
        (state.isSkipping, state.reports.hasSkipped) = (false, true)
    }

    /// Discards the changes of a commit whose end may have been dropped, and returns ``RulesetChange/lost``.
    func discardPending(_ state: inout State) -> [RulesetChange] {
        stopSkipping(&state)
        state.reports = Reports()
        return [.lost]
    }
}

extension RulesetEvents.State {
    /// True if no change has been read of a commit whose end has not been read.
    var hasNothingPending: Bool { reports.pending == ChangedObjects() }
}
