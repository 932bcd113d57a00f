// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// One registration: the state reported last, and the states to report next.
struct Follower: Sendable {
    /// The way in which a registration is notified of changes.
    enum Delivery: Sendable {
        /// Called with each change of the main port.
        case port(@Sendable (TeredoPortEvent) -> Void)
        /// Called with all ports after each change.
        case ports(@Sendable ([UInt16]) -> Void)
        /// Called when there may be a change to take with ``PortWatch/takeEvent(_:)``.
        case signal(@Sendable () -> Void)
    }

    let delivery: Delivery
    /// True while the initial notification is still to be returned.
    private var awaitsInitial: Bool
    private var reportedPort: UInt16?
    /// The ports reported last; nil before the first report.
    private var reportedPorts: [UInt16]?
    /// The states that calls have returned and that must therefore be reported, the oldest first. Of other
    /// states, only the newest must be reported.
    private var pending: [Sighting] = []

    /// True when the port that exists at the beginning counts as reported; false when it is to be reported as
    /// a start.
    private let countsPresentPortAsReported: Bool

    init(_ delivery: Delivery, awaitsInitial: Bool = false, countsPresentPortAsReported: Bool = true) {
        self.delivery = delivery
        self.awaitsInitial = awaitsInitial
        self.countsPresentPortAsReported = countsPresentPortAsReported
    }

    /// Sets the port at the beginning.
    mutating func begin(at port: UInt16?) {
        if countsPresentPortAsReported { reportedPort = port }
    }

    /// Ensures that this state is reported, even if it has ended when the follower is called next.
    mutating func ensureReported(_ sighting: Sighting) {
        let (lastPort, lastPorts) =
            pending.last.map { ($0.main?.port, $0.service.ports) } ?? (reportedPort, reportedPorts ?? [])
        if case .ports = delivery {
            if lastPorts != sighting.service.ports { pending.append(sighting) }
        } else if lastPort != sighting.main?.port {
            pending.append(sighting)
        }
    }

    /// Returns the next event of the main port and counts it as reported; nil when there is none.
    mutating func nextEvent(_ current: Sighting) -> TeredoPortEvent? {
        if awaitsInitial {
            awaitsInitial = false
            return .initial
        }
        while true {
            let isLast = pending.isEmpty
            let port = (isLast ? current : pending.removeFirst()).main?.port
            let event = TeredoPortEvent(from: reportedPort, to: port)
            reportedPort = port
            if event != nil || isLast { return event }
        }
    }

    /// Returns the call that is due and counts it as made; nil when there is none.
    mutating func nextCall(_ current: Sighting) -> (@Sendable () -> Void)? {
        switch delivery {
        case .port(let report):
            guard let event = nextEvent(current) else { return nil }
            return { report(event) }
        case .ports(let report):
            guard let ports = nextPorts(current) else { return nil }
            return { report(ports) }
        case .signal(let signal): return signal
        }
    }

    /// True when a call must be made before the registration is in force.
    var isDueAtOnce: Bool {
        switch delivery {
        case .port: awaitsInitial
        case .ports: reportedPorts == nil
        case .signal: false
        }
    }

    /// True when another call is due after one was made.
    func isBehind(_ current: Sighting) -> Bool {
        // One signal stands for all changes until they are taken.
        if case .signal = delivery { return false }
        var copy = self
        return copy.nextCall(current) != nil
    }

    private mutating func nextPorts(_ current: Sighting) -> [UInt16]? {
        while true {
            let isLast = pending.isEmpty
            let ports = (isLast ? current : pending.removeFirst()).service.ports
            if reportedPorts != ports {
                reportedPorts = ports
                return ports
            }
            if isLast { return nil }
        }
    }
}
