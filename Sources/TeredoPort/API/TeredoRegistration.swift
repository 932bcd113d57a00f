// SPDX-License-Identifier: Apache-2.0

/// A registration for changes, in force until it is cancelled or released.
///
/// It outlives restarts of the client. A forked process does not inherit it.
public final class TeredoRegistration: Sendable {
    /// Identifies the registration among all that this process and its ancestors have made; never 0.
    package let id: UInt64
    private let owner: any RegistrationOwner
    private let generation: ProcessGeneration
    /// The port at the time of registering, relative to which the first change is reported.
    let initialPort: UInt16?

    init(id: Dispatcher.ID, owner: any RegistrationOwner, generation: ProcessGeneration, port: UInt16?) {
        self.id = id
        self.owner = owner
        self.generation = generation
        initialPort = port
    }

    /// Ends the registration. When this returns, no callback of it is running and none will start.
    ///
    /// Waits for a callback in progress. Do not call it in that callback, nor while holding a lock that the
    /// callback takes. A callback may cancel *another* registration.
    ///
    /// - Throws: ``TeredoError/possibleDeadlock`` inside the registration's own callback; the registration
    ///   stays in force. ``TeredoError/invalidHandle`` when it was cancelled before, or made by a parent of
    ///   this process.
    public func cancel() throws(TeredoError) {
        guard generation.isCurrent else { throw .invalidHandle }
        try owner.cancel(id)
    }

    /// Ends the registration without waiting: a callback in progress may continue.
    deinit {
        // In a forked process, threads that do not exist there may hold the locks.
        if generation.isCurrent { owner.removeWithoutWaiting(id) }
    }
}
