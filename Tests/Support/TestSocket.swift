// SPDX-License-Identifier: GPL-2.0-or-later
import CSupport
public import Platform
public import TeredoProtocol

/// A UDP socket of any user, used as a Teredo client's. Closed with the last reference.
public final class TestSocket: Sendable {
    /// The port that the socket is bound to.
    public let port: UInt16
    private let descriptor: Descriptor

    /// Creates the socket in a namespace, binds it (port 0: to any free port), and connects it if there is a peer.
    /// With `shares` (SO_REUSEADDR), other such sockets may have the same port. `binder` is the user that binds the
    /// socket, if it is not the socket's own user. Blocks.
    public init(
        in namespace: NetworkNamespace, uid: UInt32, address: IPv4Address = .wildcard, port: UInt16 = 0,
        shares: Bool = false, boundBy binder: UInt32? = nil,
        connectedTo peer: (address: IPv4Address, port: UInt16)? = nil
    ) throws {
        var bound: UInt16 = 0
        descriptor = try namespace.run { () throws(SystemError) -> Descriptor in
            var number: CInt = -1
            try checkStatus("make a UDP socket of user \(uid)") { csupport_udp_open(uid, &number) }
            let descriptor = Descriptor(owning: number)
            if shares { try checkStatus("share a port") { csupport_udp_share(descriptor.rawValue) } }
            try checkStatus("bind port \(port)") {
                csupport_udp_bind(descriptor.rawValue, binder ?? uid, address.bits, port, &bound)
            }
            if let peer {
                try checkStatus("connect to \(peer.address)") {
                    csupport_udp_connect(descriptor.rawValue, peer.address.bits, peer.port)
                }
            }
            return descriptor
        }
        self.port = bound
    }

    /// Joins a multicast group on the link where the host has this address.
    public func join(_ group: IPv4Address, on address: IPv4Address) throws(SystemError) {
        try checkStatus("join \(group)") {
            csupport_udp_join(descriptor.rawValue, group.bits, address.bits)
        }
    }
}

/// A tunnel device, as a Teredo client makes one before it binds its port. Removed with the last reference.
public final class TestTunnel: Sendable {
    private let descriptor: Descriptor

    /// Makes the device in the namespace. Blocks.
    public init(in namespace: NetworkNamespace, name: String = "teredo") throws {
        descriptor = try namespace.run { () throws(SystemError) -> Descriptor in
            var number: CInt = -1
            try checkStatus("make the tunnel device \(name)") { csupport_tun_open(name, &number) }
            return Descriptor(owning: number)
        }
    }
}
