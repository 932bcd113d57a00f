// SPDX-License-Identifier: Apache-2.0
public import TeredoProtocol

/// A UDP bind that has just happened. The socket may be closed already, and ``SocketTable`` may list its port
/// only some microseconds later.
public struct Bind: Hashable, Sendable {
    /// The IPv4 address; nil for an IPv6 socket.
    public let address: IPv4Address?
    /// The port that the socket got, in host byte order.
    public let port: UInt16
    /// The real user ID of the process that called bind, in the initial user namespace; another user may have
    /// created the socket.
    public let uid: UInt32

    public init(address: IPv4Address?, port: UInt16, uid: UInt32) {
        self.address = address
        self.port = port
        self.uid = uid
    }
}
