// SPDX-License-Identifier: GPL-2.0-or-later

/// A registration for changes of the Teredo port: in force until it is cancelled or nobody holds it any more.
///
/// It survives restarts of the client. It is not inherited by a forked process.
public final class TeredoRegistration: Sendable {
    private let id: Dispatcher.ID
    private let observer: PortObserver
    /// The port at the time of registering, from which the first change goes out.
    let initialPort: UInt16?

    init(id: Dispatcher.ID, observer: PortObserver, port: UInt16?) {
        self.id = id
        self.observer = observer
        initialPort = port
    }

    /// Ends the registration. When this returns, no callback of it runs and none will start.
    ///
    /// Waits for the callback in flight, so call it neither from the callback itself nor while holding what the
    /// callback waits for. Cancelling *another* registration from a callback is fine.
    ///
    /// - Throws: ``TeredoError/possibleDeadlock`` inside the registration's own callback, and the registration stays
    ///   in force; ``TeredoError/invalidHandle`` when it was cancelled before.
    public func cancel() throws(TeredoError) { try observer.cancel(id) }

    /// Ends the registration without waiting: a callback in flight may still be running.
    deinit { observer.abandon(id) }
}
