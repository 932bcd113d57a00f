// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// One registration: what it was told last, and what it is to be told next.
struct Follower: Sendable {
    /// The way in which a registration learns of changes.
    enum Delivery: Sendable {
        /// Called with each change of the one port.
        case port(@Sendable (TeredoPortEvent) -> Void)
        /// Called with the set of ports after each change.
        case ports(@Sendable ([UInt16]) -> Void)
        /// Called when there may be a change to take with ``PortWatch/takeEvent(_:)``.
        case signal(@Sendable () -> Void)
    }

    let delivery: Delivery
    /// True until the confirmation was handed out.
    private var awaitsInitial: Bool
    private var toldPort: UInt16?
    /// nil until the first set was handed out.
    private var toldPorts: [UInt16]?
    /// Answers of calls that are still to be told, oldest first. Of other states only the newest is told.
    private var answered: [Sighting] = []

    /// False when the port that there is at the beginning is to be told as a start.
    private let knowsPresent: Bool

    init(_ delivery: Delivery, awaitsInitial: Bool = false, knowsPresent: Bool = true) {
        self.delivery = delivery
        self.awaitsInitial = awaitsInitial
        self.knowsPresent = knowsPresent
    }

    /// Begins with the port that there is.
    mutating func begin(at port: UInt16?) {
        if knowsPresent { toldPort = port }
    }

    /// Makes sure that this state is told, even if it is over before its turn comes.
    mutating func keep(_ sighting: Sighting) {
        let last = answered.last.map { ($0.main?.port, $0.service.ports) } ?? (toldPort, toldPorts ?? [])
        if case .ports = delivery {
            if last.1 != sighting.service.ports { answered.append(sighting) }
        } else if last.0 != sighting.main?.port {
            answered.append(sighting)
        }
    }

    /// The next event of the one port, nil when everything was told. Counts as told.
    mutating func nextEvent(_ current: Sighting) -> TeredoPortEvent? {
        if awaitsInitial {
            awaitsInitial = false
            return .initial
        }
        while true {
            let isLast = answered.isEmpty
            let port = (isLast ? current : answered.removeFirst()).main?.port
            let event = TeredoPortEvent(from: toldPort, to: port)
            toldPort = port
            if event != nil || isLast { return event }
        }
    }

    /// The call that is due, nil when everything was told. Counts as made.
    mutating func nextCall(_ current: Sighting) -> (@Sendable () -> Void)? {
        switch delivery {
        case .port(let tell):
            guard let event = nextEvent(current) else { return nil }
            return { tell(event) }
        case .ports(let tell):
            guard let ports = nextPorts(current) else { return nil }
            return { tell(ports) }
        case .signal(let signal): return signal
        }
    }

    /// True when a call has to be made before the registration is in force.
    var isDueAtOnce: Bool {
        switch delivery {
        case .port: awaitsInitial
        case .ports: toldPorts == nil
        case .signal: false
        }
    }

    /// True when a call is due again after one was made.
    func isBehind(_ current: Sighting) -> Bool {
        // A signal stands for all changes up to the moment at which they are taken.
        if case .signal = delivery { return false }
        var copy = self
        return copy.nextCall(current) != nil
    }

    private mutating func nextPorts(_ current: Sighting) -> [UInt16]? {
        while true {
            let isLast = answered.isEmpty
            let ports = (isLast ? current : answered.removeFirst()).service.ports
            if toldPorts != ports {
                toldPorts = ports
                return ports
            }
            if isLast { return nil }
        }
    }
}
