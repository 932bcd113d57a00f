// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// Follows one client for all who register, as long as somebody is registered.
///
/// The first registration opens everything, in the network namespace of its thread; the last to end closes it.
package final class PortObserver: RegistrationOwner {
    private let client: TeredoClient
    private let memory: ClientMemory
    private let dispatcher: Dispatcher
    /// Held while an observation starts or ends, never during a callback.
    private let observation = Monitor<PortWatch?>(nil)

    package init(of client: TeredoClient, dispatcher: Dispatcher, memory: ClientMemory = ClientMemory()) {
        self.client = client
        self.memory = memory
        self.dispatcher = dispatcher
    }

    /// Registers for the changes of the one port.
    package func follow(
        initial: Bool, _ callback: @escaping @Sendable (TeredoPortEvent) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try register(.port(told: nil, awaitsInitial: initial, tell: callback))
    }

    /// Registers for the set of ports, which is delivered now and after every change.
    package func followAll(
        _ callback: @escaping @Sendable ([UInt16]) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try register(.ports(told: nil, tell: callback))
    }

    /// Has the thread look at once, if anybody is registered.
    package func rescan() { observation.withLock { $0?.order(.look) } }

    /// True while anybody is registered.
    package var isRunning: Bool { observation.withLock { $0 != nil } }

    private func register(_ follower: Follower) throws(TeredoError) -> TeredoRegistration {
        do {
            let (observation, id, port) = try observation.withLock {
                (current) throws(SystemError) -> (PortWatch, Dispatcher.ID, UInt16?) in
                let isNew = current == nil
                let running =
                    if let current {
                        current
                    } else {
                        try PortWatch(of: client, memory: memory, dispatcher: dispatcher)
                    }
                do throws(SystemError) {
                    let (id, port) = try running.add(follower)
                    current = running
                    return (running, id, port)
                } catch {
                    if isNew { running.stop() }
                    throw error
                }
            }
            observation.confirm(id)
            return TeredoRegistration(id: id, owner: self, port: port)
        } catch {
            throw TeredoError(error)
        }
    }

    /// Ends a registration and waits for its callback in flight.
    func cancel(_ id: Dispatcher.ID) throws(TeredoError) {
        try dispatcher.dismiss(id)
        forget(id)
    }

    /// Ends a registration without waiting for anything.
    func abandon(_ id: Dispatcher.ID) {
        dispatcher.abandon(id) { [self] in forget(id) }
    }

    private func forget(_ id: Dispatcher.ID) {
        let removed = observation.withLock { current -> Follower? in
            guard let running = current else { return nil }
            let (removed, isLast) = running.remove(id)
            if isLast {
                running.stop()
                current = nil
            }
            return removed
        }
        // What the callback holds is released outside the lock, for that may run code of the program.
        withExtendedLifetime(removed) {}
    }
}
