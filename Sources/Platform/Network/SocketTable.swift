// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import TeredoProtocol

/// The kernel's table of UDP sockets, of the network namespace of the thread that created this object.
///
/// Needs no privileges. Any thread; concurrent calls wait for each other.
public final class SocketTable: Sendable {
    private let connection: Monitor<Connection>

    public init() throws(SystemError) {
        var number: CInt = -1
        try checkNetlink("open a netlink socket for the socket table") { unsafe clinux_diag_open(&number) }
        connection = Monitor(Connection(descriptor: Descriptor(owning: number)))
    }

    /// The unconnected IPv4 UDP sockets of a user. The kernel lists the unconnected sockets of all users, which takes
    /// time in proportion to their number.
    ///
    /// - Parameters:
    ///   - uid: The user's ID.
    ///   - cgroup: The inode of a cgroup's directory, to list only sockets of this cgroup and below, which is
    ///     faster, as the kernel filters; 0 for all.
    /// - Returns: The sockets in no particular order.
    /// - Throws: ``SystemError``: ENOENT without udp_diag; EINTR when the table does not cease to change during the
    ///   reading; ETIMEDOUT when the kernel does not answer for 5 s; ENOMEM and the like.
    public func sockets(ofUser uid: UInt32, cgroup: UInt64 = 0) throws(SystemError) -> [UDPSocket] {
        try list(clinux_udp_query(cgroup: cgroup, uid: uid, port: 0, is_ipv6: 0))
    }

    /// The sockets of any user that receive IPv4 packets for a port (host byte order), connected or not:
    /// IPv4 sockets, and IPv6 sockets that are not limited to IPv6. The kernel filters them. Throws as
    /// ``sockets(ofUser:cgroup:)``.
    public func sockets(onPort port: UInt16) throws(SystemError) -> [UDPSocket] {
        try list(clinux_udp_query(cgroup: 0, uid: 0, port: port, is_ipv6: 0))
            + list(clinux_udp_query(cgroup: 0, uid: 0, port: port, is_ipv6: 1))
    }

    private func list(_ query: clinux_udp_query) throws(SystemError) -> [UDPSocket] {
        try connection.withLock { (connection) throws(SystemError) in
            var attempts = 0
            while true {
                do throws(SystemError) {
                    return try connection.dump(query)
                } catch  where error.code == EINTR && attempts < 5 {
                    // The table changed while it was read: read it again, but give up if the changes do not cease.
                    attempts += 1
                }
            }
        }
    }

    /// The socket that receives packets for an address and a port (host byte order), in constant time; nil
    /// when there is none.
    public func socket(at address: IPv4Address, port: UInt16) throws(SystemError) -> UDPSocket? {
        try connection.withLock { (connection) throws(SystemError) in
            do throws(SystemError) {
                // A lookup may return a socket that is being closed, without its inode and owner. The
                // kernel has then already removed this socket from the table: the next lookup finds
                // another socket, which may be closing too, or none.
                var found = try connection.find(address, port)
                for _ in 0..<10 where found.inode == 0 { found = try connection.find(address, port) }
                return found
            } catch  where error.code == ENOENT {
                return nil
            }
        }
    }

    private struct Connection: ~Copyable, Sendable {
        let descriptor: Descriptor
        var sequence: UInt32 = 0

        mutating func dump(_ query: clinux_udp_query) throws(SystemError) -> [UDPSocket] {
            sequence &+= 1
            let sequence = sequence
            var sockets: UnsafeMutablePointer<clinux_udp_socket>?
            var count = 0
            try checkStatus("list the UDP sockets") {
                unsafe clinux_udp_dump(descriptor.rawValue, sequence, query, &sockets, &count)
            }
            defer { unsafe free(sockets) }
            return unsafe UnsafeBufferPointer(start: sockets, count: count).map { UDPSocket($0) }
        }

        mutating func find(_ address: IPv4Address, _ port: UInt16) throws(SystemError) -> UDPSocket {
            sequence &+= 1
            let sequence = sequence
            var socket = clinux_udp_socket()
            try checkStatus("look up UDP port \(port)") {
                unsafe clinux_udp_find(descriptor.rawValue, sequence, address.bits, port, &socket)
            }
            return UDPSocket(socket)
        }
    }
}
