// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// A registration for changes of the main port without a thread: a descriptor to wait for, and a call that
/// takes the changes. Work is done only inside that call.
package final class PolledPortWatch: RegistrationOwner {
    private struct Parts: Sendable {
        let watch: PortWatch
        let alarm: Alarm
        /// Owns the descriptor to wait for.
        let sourceSet: EventSourceSet
        var loop: PortWatchLoop

        mutating func takeChanges(for id: Dispatcher.ID, atMost limit: Int) -> [TeredoPortEvent] {
            _ = loop.step()
            alarm.set(at: loop.deadline)
            var events: [TeredoPortEvent] = []
            while events.count < limit, let event = watch.takeEvent(id) { events.append(event) }
            // Setting the alarm may have cancelled a signal that arrived meanwhile.
            if watch.hasWork(for: id) { alarm.signal() }
            return events
        }
    }

    /// Readable while there may be changes to take. Must not be read.
    package let descriptorNumber: CInt
    let id: Dispatcher.ID
    private let observer: PortObserver
    private let parts: Monitor<Parts?>

    /// Begins with a start event if there is a port.
    init(
        of client: TeredoClient, memory: ClientMemory, id: Dispatcher.ID, observer: PortObserver
    ) throws(SystemError) {
        let alarm = try Alarm()
        let sourceSet = try EventSourceSet()
        let watch = try PortWatch(of: client, memory: memory, wake: alarm) { _ in alarm.signal() }
        watch.add(Follower(.signal({}), countsPresentPortAsReported: false), as: id) { _ in }
        let loop = PortWatchLoop(watch)
        for source in loop.sources { try sourceSet.add(source) }
        alarm.set(at: loop.deadline)
        if watch.hasWork(for: id) { alarm.signal() }
        self.id = id
        self.observer = observer
        descriptorNumber = sourceSet.descriptorNumber
        parts = Monitor(Parts(watch: watch, alarm: alarm, sourceSet: sourceSet, loop: loop))
    }

    /// The watch, which is notified of the answers of calls; nil after cancellation.
    var watch: PortWatch? { parts.withLock { $0?.watch } }

    /// Takes the changes since the last call, the oldest first; empty when the events did not concern the
    /// port.
    package func takeChanges(atMost limit: Int) throws(TeredoError) -> [TeredoPortEvent] {
        try parts.withLock { (parts) throws(TeredoError) in
            guard let events = parts?.takeChanges(for: id, atMost: limit) else { throw .invalidHandle }
            return events
        }
    }

    func cancel(_ id: Dispatcher.ID) throws(TeredoError) {
        guard let parts = parts.withLock({ $0.take() }) else { throw .invalidHandle }
        observer.forget(polled: id)
        withExtendedLifetime(parts) {}
    }

    func removeWithoutWaiting(_ id: Dispatcher.ID) { try? cancel(id) }
}
