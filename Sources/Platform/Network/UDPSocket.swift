// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import TeredoProtocol

/// A UDP socket that receives IPv4 packets, as the kernel lists it.
public struct UDPSocket: Hashable, Sendable {
    /// The IPv4 address that the socket is bound to.
    public let address: IPv4Address
    /// The port that the socket is bound to, in host byte order.
    public let port: UInt16
    /// True when the socket is not connected and thus receives from any peer.
    public let hasNoPeer: Bool
    /// The ID of the user that created the socket.
    public let uid: UInt32
    /// The inode, which identifies the socket among those with the same port. Later sockets have higher
    /// numbers.
    public let inode: UInt32
    /// The index of the interface that the socket is bound to; 0 for none.
    public let interface: UInt32
    /// The inode of the directory of the socket's cgroup (v2); 0 when unknown.
    public let cgroup: UInt64

    public init(
        address: IPv4Address = .wildcard, port: UInt16, hasNoPeer: Bool = true, uid: UInt32, inode: UInt32,
        interface: UInt32 = 0, cgroup: UInt64 = 0
    ) {
        self.address = address
        self.port = port
        self.hasNoPeer = hasNoPeer
        self.uid = uid
        self.inode = inode
        self.interface = interface
        self.cgroup = cgroup
    }

    init(_ socket: clinux_udp_socket) {
        self.init(
            address: IPv4Address(bits: socket.local_address), port: socket.local_port,
            hasNoPeer: socket.remote_address == 0 && socket.remote_port == 0
                && socket.state == UInt8(CLINUX_UDP_UNCONNECTED),
            uid: socket.uid, inode: socket.inode, interface: socket.interface, cgroup: socket.cgroup)
    }
}
