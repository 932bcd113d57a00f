// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// A watch that several registrations share.
protocol SharedWatch: Sendable {
    /// A registration with its callback.
    associatedtype Removed: Sendable

    /// Removes a follower that the dispatcher has released; `isLast` is true if none is left.
    func remove(_ id: Dispatcher.ID) -> (follower: Removed?, isLast: Bool)

    /// Ends the watch's thread and waits for its end.
    func stop()
}

/// An owner of registrations that share one watch. The watch ends with the last of them.
protocol SharedWatchOwner: RegistrationOwner {
    associatedtype Watch: SharedWatch

    var dispatcher: Dispatcher { get }

    /// The watch; nil without registrations. Locked while a watch starts or ends, never during a callback.
    var sharedWatch: Monitor<Watch?> { get }
}

extension SharedWatchOwner {
    func cancel(_ id: Dispatcher.ID) throws(TeredoError) {
        try dispatcher.removeAndWait(id)
        forget(id)
    }

    func removeWithoutWaiting(_ id: Dispatcher.ID) {
        dispatcher.removeWithoutWaiting(id) { [self] in forget(id) }
    }

    private func forget(_ id: Dispatcher.ID) {
        let removed = sharedWatch.withLock { current -> Watch.Removed? in
            guard let running = current else { return nil }
            let (removed, isLast) = running.remove(id)
            if isLast {
                running.stop()
                current = nil
            }
            return removed
        }
        // Release the callback's context outside the lock, as that may run code of the program.
        withExtendedLifetime(removed) {}
    }
}
