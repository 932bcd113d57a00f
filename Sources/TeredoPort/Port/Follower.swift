// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform

/// Somebody who is told of changes, and what he was told last.
enum Follower: Sendable {
    /// Knows one port. `awaitsInitial` until the confirmation was handed out.
    case port(told: UInt16?, awaitsInitial: Bool, tell: @Sendable (TeredoPortEvent) -> Void)
    /// Knows all ports. `told` is nil until the first set was handed out.
    case ports(told: [UInt16]?, tell: @Sendable ([UInt16]) -> Void)

    /// The call that is due, nil when he knows everything. Counts as made.
    mutating func nextCall(_ sighting: Sighting) -> (@Sendable () -> Void)? {
        switch self {
        case .port(let told, awaitsInitial: true, let tell):
            self = .port(told: told, awaitsInitial: false, tell: tell)
            return { tell(.initial) }
        case .port(let told, awaitsInitial: false, let tell):
            guard let event = TeredoPortEvent(from: told, to: sighting.main?.port) else { return nil }
            self = .port(told: sighting.main?.port, awaitsInitial: false, tell: tell)
            return { tell(event) }
        case .ports(let told, let tell):
            let ports = sighting.service.ports
            guard told != ports else { return nil }
            self = .ports(told: ports, tell: tell)
            return { tell(ports) }
        }
    }

    /// True when he has to be called before his registration is in force.
    var isDueAtOnce: Bool {
        switch self {
        case .port(_, let awaitsInitial, _): awaitsInitial
        case .ports(let told, _): told == nil
        }
    }
}
