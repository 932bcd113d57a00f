// SPDX-License-Identifier: GPL-2.0-or-later

/// One message of a subscription.
public struct PortChange: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// The state at the time of subscribing; the port is 0 when the client has none.
        case initial
        case started
        case changed
        /// The port is the one that the client used last.
        case stopped
    }

    public var type: Kind
    public var port: UInt16
    /// All ports of the client after the change, ascending.
    public var ports: [UInt16]

    public init(type: Kind, port: UInt16, ports: [UInt16]) {
        self.type = type
        self.port = port
        self.ports = ports
    }

    /// The first message for a client that subscribes after this change.
    var asInitial: PortChange {
        PortChange(type: .initial, port: type == .stopped ? 0 : port, ports: ports)
    }
}
