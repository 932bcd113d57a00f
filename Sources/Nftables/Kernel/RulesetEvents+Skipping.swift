// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform
internal import Synchronization

/// Thousands of commits a second that change nothing reported still cost one message each, at their end.
/// The kernel can drop these too, as long as nothing else is reported.
extension RulesetEvents {
    /// Skips commits that change none of the objects that are reported, for this time; they cost nothing.
    /// Returns the changes not yet taken, nil where commits cannot be skipped because too many sets are
    /// reported.
    ///
    /// The first report of another change ends this at once and becomes ``RulesetChange/lost``. Call it on the
    /// executor's thread.
    public func skipIrrelevantCommits(for time: Duration) -> [RulesetChange]? {
        guard let (executor, token) = watcher.withLock({ $0 }) else { return nil }
        let changes = state.withLock { state -> [RulesetChange]? in
            guard let wanted = state.wanted, !state.isSkipping else { return nil }
            do throws(NftablesError) { try filter(for: wanted, isSkipping: true) } catch { return nil }
            // What is in the buffer was reported before.
            let changes = read(&state)
            state.isSkipping = true
            return changes + (state.hasNothingPending ? [] : lose(&state))
        }
        guard let changes else { return nil }
        // A rest would leave the descriptor unwatched.
        do throws(SystemError) { try executor.resume(descriptor, token: token) } catch {
            fatalError("\(error)")
        }
        executor.setAlarm(of: self, at: .now + time) { [self] in
            reportEveryCommit()
            rest(for: .milliseconds(10))
        }
        return changes
    }

    /// Ends ``skipIrrelevantCommits(for:)``. Call it before a commit of one's own, which is to be reported.
    public func reportEveryCommit() { state.withLock { stopSkipping(&$0) } }

    func stopSkipping(_ state: inout State) {
        guard state.isSkipping, let wanted = state.wanted else { return }
        // Without memory for the shorter filter, the socket receives everything: this does not fail.
        do throws(NftablesError) { try filter(for: wanted, isSkipping: false) } catch { return }
        (state.isSkipping, state.reports.hasSkipped) = (false, true)
    }

    /// Gives up the present reports: the end of their commit may have been dropped.
    func lose(_ state: inout State) -> [RulesetChange] {
        stopSkipping(&state)
        state.reports = Reports()
        return [.lost]
    }
}

extension RulesetEvents.State {
    /// True between two commits.
    var hasNothingPending: Bool { reports.pending == ChangedObjects() }
}
