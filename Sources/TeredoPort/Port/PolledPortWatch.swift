// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// A registration for the changes of the one port that needs no thread: a descriptor to wait for, and a call that takes
/// the changes. Nothing happens in between, so a change is seen no earlier than it is asked for.
package final class PolledPortWatch: RegistrationOwner {
    private struct Parts: Sendable {
        let watch: PortWatch
        let alarm: Alarm
        let set: EventSourceSet
        var loop: PortWatchLoop

        mutating func takeChanges(for id: Dispatcher.ID, atMost limit: Int) -> [TeredoPortEvent] {
            _ = loop.step()
            alarm.set(at: loop.deadline)
            var events: [TeredoPortEvent] = []
            while events.count < limit, let event = watch.takeEvent(id) { events.append(event) }
            // Setting the alarm may have undone what a call has set off in the meantime.
            if watch.hasWork(for: id) { alarm.signal() }
            return events
        }
    }

    /// Becomes readable when there may be changes to take, and stays so until they are taken. Not to be read.
    package let descriptorNumber: CInt
    let id: Dispatcher.ID
    private let observer: PortObserver
    private let parts: Monitor<Parts?>

    /// Begins with the port that there is at the moment, as a start.
    init(
        of client: TeredoClient, memory: ClientMemory, id: Dispatcher.ID, observer: PortObserver
    ) throws(SystemError) {
        let alarm = try Alarm()
        let set = try EventSourceSet()
        let watch = try PortWatch(of: client, memory: memory, wake: alarm) { _ in alarm.signal() }
        watch.add(Follower(.signal({}), knowsPresent: false), as: id) { _ in }
        let loop = PortWatchLoop(watch)
        for source in loop.sources { try set.add(source) }
        alarm.set(at: loop.deadline)
        if watch.hasWork(for: id) { alarm.signal() }
        self.id = id
        self.observer = observer
        descriptorNumber = set.descriptorNumber
        parts = Monitor(Parts(watch: watch, alarm: alarm, set: set, loop: loop))
    }

    /// The observation to be told of the answers of calls.
    var watch: PortWatch? { parts.withLock { $0?.watch } }

    /// The changes since the last call, the oldest first; none when the news did not concern the port.
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

    func abandon(_ id: Dispatcher.ID) { try? cancel(id) }
}
