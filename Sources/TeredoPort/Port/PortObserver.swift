// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// Observes one client for all registrations, as long as there are any.
///
/// The first registration opens the event sources, in the network namespace of its thread; the end of the
/// last one closes them. Each registration of ``poll()`` has event sources of its own.
package final class PortObserver: SharedWatchOwner {
    private let client: TeredoClient
    private let memory: ClientMemory
    let dispatcher: Dispatcher
    /// The watch for all registrations but those of ``poll()``.
    let sharedWatch = Monitor<PortWatch?>(nil)
    /// The watches without a thread, by the registrations of ``poll()``.
    private let polledWatches = Monitor<[Dispatcher.ID: PortWatch]>([:])

    package init(of client: TeredoClient, dispatcher: Dispatcher, memory: ClientMemory = ClientMemory()) {
        self.client = client
        self.memory = memory
        self.dispatcher = dispatcher
    }

    /// Registers a callback for changes of the main port. `prepare` gets the registration before the callback
    /// can run.
    package func follow(
        initial: Bool, prepare: (TeredoRegistration) -> Void = { _ in },
        _ callback: @escaping @Sendable (TeredoPortEvent) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try register(Follower(.port(callback), awaitsInitial: initial), prepare: prepare)
    }

    /// Registers a callback for all ports, called now and after every change.
    package func followAll(
        prepare: (TeredoRegistration) -> Void = { _ in }, _ callback: @escaping @Sendable ([UInt16]) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try register(Follower(.ports(callback)), prepare: prepare)
    }

    /// Registers a signal for changes of the main port, which are then taken one by one.
    func followBySignal(
        initial: Bool, _ signal: @escaping @Sendable () -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        try register(Follower(.signal(signal), awaitsInitial: initial)) { _ in }
    }

    /// The next change for a registration made with ``followBySignal(initial:_:)``; nil when there is none.
    func takeEvent(_ registration: TeredoRegistration) -> TeredoPortEvent? {
        sharedWatch.withLock { $0?.takeEvent(registration.id) }
    }

    /// Notifies every registration of the answer that a call is about to return.
    func notifyOfAnswer(_ answer: PortAnswer) {
        sharedWatch.withLock { $0?.notifyOfAnswer(answer) }
        for watch in polledWatches.withLock({ Array($0.values) }) { watch.notifyOfAnswer(answer) }
    }

    /// Registers for changes of the main port without a thread.
    package func poll() throws(TeredoError) -> (watch: PolledPortWatch, registration: TeredoRegistration) {
        do throws(SystemError) {
            let generation = try ProcessGeneration.current
            let id = try dispatcher.reserveID()
            let watch = try PolledPortWatch(of: client, memory: memory, id: id, observer: self)
            polledWatches.withLock { $0[id] = watch.watch }
            return (watch, TeredoRegistration(id: id, owner: watch, generation: generation, port: nil))
        } catch {
            throw TeredoError(error)
        }
    }

    /// Forgets the watch of a cancelled registration of ``poll()``.
    func forget(polled id: Dispatcher.ID) {
        // The watch is released outside the lock.
        let removed = polledWatches.withLock { $0.removeValue(forKey: id) }
        withExtendedLifetime(removed) {}
    }

    /// Makes every watch look at the client now.
    package func rescan() {
        memory.forgetUser()
        sharedWatch.withLock { $0?.request(.look) }
        for watch in polledWatches.withLock({ Array($0.values) }) { watch.request(.look) }
    }

    private func register(
        _ follower: Follower, prepare: (TeredoRegistration) -> Void
    ) throws(TeredoError) -> TeredoRegistration {
        do {
            let generation = try ProcessGeneration.current
            let (watch, registration) = try sharedWatch.withLock {
                (current) throws(SystemError) -> (PortWatch, TeredoRegistration) in
                let isNew = current == nil
                let running = if let current { current } else { try startWatch() }
                let id: Dispatcher.ID
                do throws(SystemError) {
                    id = try dispatcher.addReceiver { running.deliver(to: $0) }
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
            completeFirstCall(registration.id, by: watch)
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

    /// Makes the first call of a new follower and waits until it has returned.
    private func completeFirstCall(_ id: Dispatcher.ID, by watch: PortWatch) {
        guard watch.isDueAtOnce(id), !dispatcher.deliverIfOnOwnThread(id) else { return }
        dispatcher.schedule([id])
        watch.awaitFirstCall(id)
    }
}
