// SPDX-License-Identifier: GPL-2.0-or-later

/// A reason to apply the openings to firewalld again.
public enum FirewalldEvent: Hashable, Sendable, CustomStringConvertible {
    /// firewalld has started and answers calls.
    case started
    /// firewalld has reloaded: its runtime rules are gone.
    case reloaded
    /// firewalld has changed a setting that our rules depend on, or removed a rule of ours; the text describes
    /// the change.
    case changed(String)
    /// firewalld has ended.
    case ended
    /// The connection to the bus is lost; the next ``FirewalldFirewall/apply(_:policy:ruleset:)`` connects
    /// again.
    case disconnected

    public var description: String {
        switch self {
        case .started: "firewalld has started"
        case .reloaded: "firewalld has reloaded"
        case .changed(let what): "firewalld: \(what)"
        case .ended: "firewalld has ended"
        case .disconnected: "the connection to the message bus is lost"
        }
    }
}
