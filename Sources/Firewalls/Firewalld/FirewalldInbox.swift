// SPDX-License-Identifier: GPL-2.0-or-later
internal import Synchronization

/// State shared by the thread that watches firewalld and the thread that changes its rules.
final class FirewalldInbox: Sendable {
    private struct State {
        var expectedRemovals: Set<FirewalldEntry> = []
        var hasReloaded = false
        var hasNews = false
        var isPanicking = false
    }

    private let state = Mutex(State())

    /// Records a removal before it is requested, so that the signal about it is ignored.
    func expectRemoval(_ entry: FirewalldEntry) { state.withLock { _ = $0.expectedRemovals.insert(entry) } }

    /// True if the removal was expected, and forgets the expectation.
    func takeExpectedRemoval(_ entry: FirewalldEntry) -> Bool {
        state.withLock { $0.expectedRemovals.remove(entry) != nil }
    }

    func noteReload() { state.withLock { $0.hasReloaded = true } }

    /// True while firewalld is in panic mode, as far as its signals tell.
    var isPanicking: Bool { state.withLock { $0.isPanicking } }

    func notePanic(_ isPanicking: Bool) { state.withLock { $0.isPanicking = isPanicking } }

    func noteNews() { state.withLock { $0.hasNews = true } }

    /// True if there was any event since the last call.
    func takeNews() -> Bool { state.withLock { exchange(&$0.hasNews, with: false) } }

    /// True if firewalld has reloaded since the last call.
    func takeReload() -> Bool { state.withLock { exchange(&$0.hasReloaded, with: false) } }
}
