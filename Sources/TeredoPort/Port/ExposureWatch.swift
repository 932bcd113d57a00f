// SPDX-License-Identifier: Apache-2.0
package import Platform

/// Follows what of a client's service sockets may be open: the client's own sockets, and those that other users have on
/// the same ports.
///
/// Belongs to the network namespace of the thread that made it. It looks when the client's sockets change, when a socket
/// on one of their ports goes away, when it is asked to (a program that is told of binds asks), and once a minute.
package final class ExposureWatch: Sendable {
    package typealias Report = @Sendable (_ sockets: [UDPSocket], _ exposure: Exposure) -> Void

    /// How long a look that failed is waited with.
    private static let failureGap = Duration.milliseconds(500)

    private struct State: Sendable {
        var sockets: [UDPSocket] = []
        var isStopped = false
        /// When to look without being asked to.
        var due: ContinuousClock.Instant?
    }

    /// What was reported; held during a look and its report, so that reports come in the order of the looks.
    private struct Told: Sendable {
        var sockets: [UDPSocket]?
        var exposure = Exposure.nothing
    }

    private let report: Report
    private let table: SocketTable
    private let destroyEvents: SocketDestroyEvents
    private let wake: WakeUp
    private let state = Monitor(State())
    private let told = Monitor(Told())

    /// Reports nothing before the first ``update(_:)``.
    ///
    /// - Parameter report: Called on the thread that caused the look, one call at a time; not to call back in here.
    /// - Throws: when there are too many descriptors or threads.
    package init(_ report: @escaping Report) throws(SystemError) {
        self.report = report
        table = try SocketTable()
        destroyEvents = try SocketDestroyEvents()
        wake = try WakeUp()
        // Holds this object until it is stopped.
        _ = try WorkerThread(name: "teredo-exposure") { [self] in run() }
    }

    /// The client's service sockets are now these, the oldest first. Reports before it returns.
    package func update(_ sockets: [UDPSocket]) {
        state.withLock { $0.sockets = sockets }
        look()
    }

    /// Has the thread look at who else has a port, if it is one of the client's. Returns at once.
    package func lookAgain(atPort port: UInt16) {
        if state.withLock({ state in state.sockets.contains { $0.port == port } }) { lookAgain() }
    }

    /// Has the thread look at who else has any of the client's ports. Returns at once.
    package func lookAgain() {
        state.withLock { $0.due = .now }
        wake.signal()
    }

    /// Nothing is reported once this has returned. Waits for a report under way.
    package func stop() {
        told.withLock { _ in state.withLock { $0.isStopped = true } }
        wake.signal()
    }

    private func look() {
        told.withLock { told in
            let (sockets, isStopped) = state.withLock { ($0.sockets, $0.isStopped) }
            if isStopped { return }
            var exposure: Exposure
            var next: ContinuousClock.Instant? = sockets.isEmpty ? nil : .now + LookSchedule.safetyGap
            do throws(SystemError) {
                // First, so that no end between the look and the next event is missed.
                try destroyEvents.listen(toPorts: Set(sockets.map(\.port)).sorted())
                exposure = try Exposure(of: sockets) { port throws(SystemError) in
                    try table.sockets(onPort: port)
                }
            } catch {
                // What cannot be looked at is not opened; what is open and still the client's stays so.
                exposure = told.exposure.limited(to: sockets)
                next = .now + Self.failureGap
            }
            state.withLock { $0.due = next }
            if told.sockets == sockets && told.exposure == exposure { return }
            (told.sockets, told.exposure) = (sockets, exposure)
            report(sockets, exposure)
        }
        // The thread may sleep for longer than to the next look.
        wake.signal()
    }

    private func run() {
        while true {
            let (due, isStopped) = state.withLock { ($0.due, $0.isStopped) }
            if isStopped { return }
            do {
                let news = try waitForNews(from: [wake, destroyEvents], until: due)
                if news[0] { wake.drain() }
                if news[1] { destroyEvents.drain() }
                if news[1] || due.map({ $0 <= .now }) == true { look() }
            } catch {
                // Only for want of memory. Without a pause this would spin.
                _ = try? waitForNews(from: [], until: .now + Self.failureGap)
            }
        }
    }
}

extension Exposure {
    /// What of it is still about one of these sockets.
    fileprivate func limited(to sockets: [UDPSocket]) -> Exposure {
        let endpoints = Set(sockets.map { Endpoint(of: $0) })
        return Exposure(
            open: open.filter(endpoints.contains),
            withheld: withheld.filter { endpoints.contains($0.endpoint) })
    }
}
