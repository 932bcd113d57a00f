// SPDX-License-Identifier: GPL-2.0-or-later
public import Platform

/// The tunnel interface of a qualified client.
public struct TunnelStatus: Codable, Hashable, Sendable {
    public var interface: String
    /// The Teredo address: "2001:0:505:501:…".
    public var address: String
    /// The Teredo server's IPv4 address.
    public var server: String
    /// The time since when the interface has the address.
    public var since: Moment?

    public init(interface: String, address: String, server: String, since: Moment? = nil) {
        self.interface = interface
        self.address = address
        self.server = server
        self.since = since
    }

    public init(_ tunnel: TeredoInterface) {
        self.init(
            interface: tunnel.name, address: tunnel.addressText, server: tunnel.serverText,
            since: tunnel.since.map { Moment($0.components.seconds) })
    }
}
