// SPDX-License-Identifier: Apache-2.0
package import Platform

/// The service sockets of a client, as they were seen at one moment.
package struct PortSighting: Hashable, Sendable {
    /// The oldest first.
    package var sockets: [UDPSocket]
    /// The port that stands for all where only one is known: the one named before, while it exists.
    package var main: UInt16?
    /// The ports that may be open to packets from outside.
    package var exposure = Exposure.nothing

    /// No client.
    package static let nothing = PortSighting(sockets: [])

    /// Ascending, each once.
    package var ports: [UInt16] { Set(sockets.map(\.port)).sorted() }
}

/// Follows a client's ports on the thread of an executor, with no other thread between the kernel's word and what is
/// done about it.
///
/// Belongs to the network namespace of the thread that made it.
package final class PortSubscription: Sendable {
    private let executor: ThreadExecutor
    private let tracker: Monitor<PortTracker>
    private let sources: EventSourceSet
    private let tell: @Sendable (PortSighting) -> Void
    /// Held while something is told.
    private let delivery = Monitor(Delivery())

    private struct Delivery: Sendable {
        var told: PortSighting?
        var isCancelled = false
    }

    /// Looks once and has every change told from then on, but nothing yet: ``begin()`` does.
    ///
    /// - Parameters:
    ///   - client: The client to follow.
    ///   - executor: Whose thread waits and calls.
    ///   - binds: The kernel's word on binds, made on the calling thread; nil to do without.
    ///   - tell: What to call with what was seen.
    /// - Throws: Shortages. A client that is not there is no error.
    package init(
        to client: TeredoClient, on executor: ThreadExecutor, binds: BindEvents?,
        _ tell: @escaping @Sendable (PortSighting) -> Void
    ) throws(TeredoError) {
        do throws(SystemError) {
            var tracker = try PortTracker(
                of: client, memory: ClientMemory(), binds: binds, exposure: ExposureTracker())
            // The client's user may have become known by the tunnel device that it has just made: it binds next.
            tracker.expectBind()
            self.executor = executor
            self.tracker = Monitor(tracker)
            sources = try EventSourceSet()
            for source in tracker.sources { try sources.add(source) }
            self.tell = tell
        } catch {
            throw TeredoError(error)
        }
    }

    /// Tells what is there before it returns, and from now on what changes, on the executor's thread.
    package func begin() throws(TeredoError) {
        do throws(SystemError) {
            try executor.watch(sources) { [weak self] in self?.turn() }
        } catch {
            throw TeredoError(error)
        }
        tellNews()
        executor.perform { [weak self] in self?.turn() }
    }

    /// Has the executor's thread look. On that thread it has looked when this returns.
    package func rescan() {
        tracker.withLock { $0.rescan() }
        if executor.isCurrent { turn() } else { executor.perform { [weak self] in self?.turn() } }
    }

    /// Nothing is told once this has returned. Waits while something is; not to be called by what is told.
    package func cancel() {
        delivery.withLock { $0.isCancelled = true }
        executor.unwatch(sources)
    }

    private func tellNews() {
        delivery.withLock { delivery in
            let sighting = tracker.withLock { $0.seen }
            guard !delivery.isCancelled, delivery.told != sighting else { return }
            delivery.told = sighting
            tell(sighting)
        }
    }

    private func turn() {
        guard !delivery.withLock({ $0.isCancelled }) else { return }
        // A second one for what is to be done when a change was acted upon. What then is still to be done waits for
        // the executor's next round, so that other events have theirs.
        for _ in 0..<2 {
            guard tracker.withLock({ $0.turn() }) else { break }
            tellNews()
        }
        executor.setAlarm(of: self, at: tracker.withLock { $0.deadline }) { [weak self] in self?.turn() }
    }
}
