// SPDX-License-Identifier: Apache-2.0

/// A registration for changes of the Teredo port: in force until it is cancelled or nobody holds it any more.
///
/// It survives restarts of the client. It is not inherited by a forked process.
public final class TeredoRegistration: Sendable {
    /// Names the registration among all that a process and its parents ever had; never 0.
    package let id: UInt64
    private let owner: any RegistrationOwner
    private let generation: ProcessGeneration
    /// The port at the time of registering, from which the first change goes out.
    let initialPort: UInt16?

    init(id: Dispatcher.ID, owner: any RegistrationOwner, generation: ProcessGeneration, port: UInt16?) {
        self.id = id
        self.owner = owner
        self.generation = generation
        initialPort = port
    }

    /// Ends the registration. When this returns, no callback of it runs and none will start.
    ///
    /// Waits for the callback in flight, so call it neither from the callback itself nor while holding what the
    /// callback waits for. Cancelling *another* registration from a callback is fine.
    ///
    /// - Throws: ``TeredoError/possibleDeadlock`` inside the registration's own callback, and the registration stays
    ///   in force; ``TeredoError/invalidHandle`` when it was cancelled before, or made by the process that this one
    ///   was forked off.
    public func cancel() throws(TeredoError) {
        guard generation.isCurrent else { throw .invalidHandle }
        try owner.cancel(id)
    }

    /// Ends the registration without waiting: a callback in flight may still be running.
    deinit {
        // In a forked process the locks may be held by threads that are not there.
        if generation.isCurrent { owner.abandon(id) }
    }
}
