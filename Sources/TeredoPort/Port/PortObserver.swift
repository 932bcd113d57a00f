// SPDX-License-Identifier: Apache-2.0
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

    /// Those without a thread.
    private let polled = Monitor<[Dispatcher.ID: PortWatch]>([:])

    package init(of client: TeredoClient, dispatcher: Dispatcher, memory: ClientMemory = ClientMemory()) {
        self.client = client
        self.memory = memory
        self.dispatcher = dispatcher
    }

    /// Registers for the changes of the one port. `prepare` gets the registration before the callback can run.
    package func follow(
        initial: Bool, prepare: (TeredoRegistration) -> Void = { _ in },
        _ callback: @escaping @Sendable (TeredoPortEvent) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try register(Follower(.port(callback), awaitsInitial: initial), prepare: prepare)
    }

    /// Registers for the set of ports, which is delivered now and after every change.
    package func followAll(
        prepare: (TeredoRegistration) -> Void = { _ in }, _ callback: @escaping @Sendable ([UInt16]) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try register(Follower(.ports(callback)), prepare: prepare)
    }

    /// Registers for the changes of the one port, to be taken one by one after each signal.
    func followBySignal(
        initial: Bool, _ signal: @escaping @Sendable () -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try register(Follower(.signal(signal), awaitsInitial: initial)) { _ in }
    }

    /// The next change for a registration that is signalled, nil when there is none.
    func takeEvent(_ registration: TeredoRegistration) -> TeredoPortEvent? {
        observation.withLock { $0?.takeEvent(registration.id) }
    }

    /// Has every registration told of what a call is about to answer.
    func admit(_ answer: PortAnswer) {
        observation.withLock { $0?.admit(answer) }
        for watch in polled.withLock({ Array($0.values) }) { watch.admit(answer) }
    }

    /// Registers for the changes of the one port without a thread.
    package func poll() throws(TeredoError) -> (watch: PolledPortWatch, registration: TeredoRegistration) {
        do throws(SystemError) {
            let generation = try ProcessGeneration.current
            let id = try dispatcher.reserveID()
            let watch = try PolledPortWatch(of: client, memory: memory, id: id, observer: self)
            polled.withLock { $0[id] = watch.watch }
            return (watch, TeredoRegistration(id: id, owner: watch, generation: generation, port: nil))
        } catch {
            throw TeredoError(error)
        }
    }

    func forget(polled id: Dispatcher.ID) {
        let removed = polled.withLock { $0.removeValue(forKey: id) }
        withExtendedLifetime(removed) {}
    }

    /// Has the thread look at once, if anybody is registered.
    package func rescan() {
        memory.forgetUser()
        observation.withLock { $0?.order(.look) }
        for watch in polled.withLock({ Array($0.values) }) { watch.order(.look) }
    }

    /// True while anybody is registered.
    package var isRunning: Bool { observation.withLock { $0 != nil } }

    private func register(
        _ follower: Follower, prepare: (TeredoRegistration) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        do {
            let generation = try ProcessGeneration.current
            let (watch, registration) = try observation.withLock {
                (current) throws(SystemError) -> (PortWatch, TeredoRegistration) in
                let isNew = current == nil
                let running = if let current { current } else { try startWatch() }
                let id: Dispatcher.ID
                do throws(SystemError) {
                    id = try dispatcher.enlist { running.deliver(to: $0) }
                } catch {
                    if isNew { running.stop() }
                    throw error
                }
                current = running
                var registration: TeredoRegistration?
                running.add(follower, as: id) { port in
                    let made = TeredoRegistration(id: id, owner: self, generation: generation, port: port)
                    registration = made
                    prepare(made)
                }
                guard let registration else { fatalError("a follower was added without a registration") }
                return (running, registration)
            }
            confirm(registration.id, by: watch)
            return registration
        } catch {
            throw TeredoError(error)
        }
    }

    private func startWatch() throws(SystemError) -> PortWatch {
        let watch = try PortWatch(of: client, memory: memory, wake: WakeUp()) { [dispatcher] ids in
            dispatcher.schedule(ids)
        }
        try watch.start()
        return watch
    }

    /// Calls a new follower for the first time and waits until the call has returned.
    private func confirm(_ id: Dispatcher.ID, by watch: PortWatch) {
        guard watch.isDueAtOnce(id), !dispatcher.deliverHere(id) else { return }
        dispatcher.schedule([id])
        watch.awaitFirstCall(id)
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
