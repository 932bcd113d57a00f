// SPDX-License-Identifier: Apache-2.0
package import Platform

/// Follows a client's ports on the thread of an executor, without a switch of threads between a kernel event
/// and its handling.
///
/// Belongs to the network namespace of the thread that created it.
package final class PortSubscription: Sendable {
    private let executor: ThreadExecutor
    private let tracker: Monitor<PortTracker>
    private let sources: EventSourceSet
    private let report: @Sendable (PortSighting) -> Void
    /// Locked during a call of `report`.
    private let delivery = Monitor(Delivery())

    private struct Delivery: Sendable {
        var reported: PortSighting?
        var isCancelled = false
    }

    /// Opens the event sources and looks once. Nothing is reported before ``begin()``.
    ///
    /// - Parameters:
    ///   - client: The client to follow.
    ///   - executor: The executor whose thread waits for events and calls `report`.
    ///   - binds: Reports of binds, made on the calling thread; nil to do without.
    ///   - report: Called with each new sighting.
    /// - Throws: ``TeredoError`` when memory, descriptors or threads are short. A missing client is no error.
    package init(
        to client: TeredoClient, on executor: ThreadExecutor, binds: BindEvents?,
        _ report: @escaping @Sendable (PortSighting) -> Void
    ) throws(TeredoError) {
        do throws(SystemError) {
            var tracker = try PortTracker(
                of: client, memory: ClientMemory(), binds: binds, exposure: ExposureTracker())
            // The user may have just been found because of the client's new tunnel device: a bind follows
            // next.
            tracker.expectBind()
            self.executor = executor
            self.tracker = Monitor(tracker)
            sources = try EventSourceSet()
            for source in tracker.sources { try sources.add(source) }
            self.report = report
        } catch {
            throw TeredoError(error)
        }
    }

    /// Reports the present state before it returns, and every later change on the executor's thread.
    package func begin() throws(TeredoError) {
        do throws(SystemError) {
            try executor.watch(sources) { [weak self] in self?.turn() }
        } catch {
            throw TeredoError(error)
        }
        reportChange()
        executor.perform { [weak self] in self?.turn() }
    }

    /// Looks at the client on the executor's thread: before it returns if called on that thread, else later.
    package func rescan() {
        tracker.withLock { $0.rescan() }
        if executor.isCurrent { turn() } else { executor.perform { [weak self] in self?.turn() } }
    }

    /// Ends the subscription. Waits for a call of `report` in progress; none follows. Must not be called in
    /// `report`.
    package func cancel() {
        delivery.withLock { $0.isCancelled = true }
        executor.unwatch(sources)
    }

    private func reportChange() {
        delivery.withLock { delivery in
            let sighting = tracker.withLock { $0.portSighting }
            guard !delivery.isCancelled, delivery.reported != sighting else { return }
            delivery.reported = sighting
            report(sighting)
        }
    }

    private func turn() {
        guard !delivery.withLock({ $0.isCancelled }) else { return }
        // A change leads to a second turn at once. Further changes wait for the executor's next round, so that other
        // events are not delayed.
        for _ in 0..<2 {
            guard tracker.withLock({ $0.turn() }) else { break }
            reportChange()
        }
        executor.setAlarm(of: self, at: tracker.withLock { $0.deadline }) { [weak self] in self?.turn() }
    }
}
