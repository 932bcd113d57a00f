// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// Watches the host's addresses while there are registrations that wait for them.
package final class AddressObserver: SharedWatchOwner {
    let dispatcher: Dispatcher
    let sharedWatch = Monitor<AddressWatch?>(nil)

    package init(dispatcher: Dispatcher) { self.dispatcher = dispatcher }

    /// Returns the addresses if they are stable, otherwise registers the callback. `prepare` gets the
    /// registration before the callback can run.
    package func request(
        _ family: AddressFamily, prepare: (TeredoRegistration) -> Void = { _ in },
        _ callback: @escaping @Sendable ([UnicastAddress]) -> Void
    ) throws(TeredoError) -> StableAddresses {
        let follower = AddressWatch.Follower(family: family, isWaiting: true, report: callback)
        do throws(SystemError) {
            let generation = try ProcessGeneration.current
            return try sharedWatch.withLock { (current) throws(SystemError) in
                let running: AddressWatch
                if let current {
                    running = current
                    // Include the most recent changes.
                    try running.look()
                } else {
                    running = try AddressWatch(dispatcher: dispatcher)
                }
                if let addresses = running.stableAddresses(of: family) { return .stable(addresses) }
                let id = try dispatcher.addReceiver { running.deliver(to: $0) }
                if current == nil {
                    do throws(SystemError) { try running.start() } catch {
                        dispatcher.removeWithoutWaiting(id) {}
                        throw error
                    }
                    current = running
                }
                let registration = TeredoRegistration(
                    id: id, owner: self, generation: generation, port: nil)
                prepare(registration)
                running.add(follower, as: id)
                return .pending(registration)
            }
        } catch {
            throw TeredoError(error)
        }
    }
}
