// SPDX-License-Identifier: GPL-2.0-or-later

/// A service port of the client that is not opened.
public struct WithheldStatus: Codable, Hashable, Sendable {
    public var port: UInt16
    /// The address that the port is bound to; nil for every address.
    public var address: String?
    /// The reason, as a clause for the administrator.
    public var reason: String

    public init(port: UInt16, address: String? = nil, reason: String) {
        self.port = port
        self.address = address
        self.reason = reason
    }
}
