// SPDX-License-Identifier: GPL-2.0-or-later

/// The Teredo client's service port: the answer of `GetPort`.
public struct PortState: Codable, Hashable, Sendable {
    /// True when the client has a port.
    public var ready: Bool
    /// All ports of the client, ascending; usually one.
    public var ports: [UInt16]
    /// The service port; nil while there is none.
    public var port: UInt16?
    /// The inode of the network namespace that the daemon serves.
    public var networkNamespace: UInt64?

    public init(ready: Bool, ports: [UInt16], port: UInt16? = nil, networkNamespace: UInt64? = nil) {
        self.networkNamespace = networkNamespace
        self.ready = ready
        self.ports = ports
        self.port = port
    }
}
