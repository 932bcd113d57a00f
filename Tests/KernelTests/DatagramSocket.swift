// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TestSupport

/// A UDP socket over IPv4 in a network namespace.
final class DatagramSocket: Sendable {
    private let descriptor: Descriptor
    /// The time to wait for a packet that must not arrive, long compared with the time in which others arrive.
    static let briefWait = Duration.milliseconds(150)

    /// Binds the socket; port 0 means any free port. While the port is in use, tries again for 10 seconds.
    init(in namespace: NetworkNamespace, on address: String = "0.0.0.0", port: UInt16 = 0) throws {
        descriptor = try namespace.run { () throws(SystemError) -> Descriptor in
            let number = try check("make a socket") {
                socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            }
            return Descriptor(owning: number)
        }
        let number = descriptor.rawValue
        let end = ContinuousClock.now + .seconds(10)
        while true {
            do {
                try withAddress(address, port) { pointer, length in
                    _ = try check("bind \(address):\(port)") { bind(number, pointer, length) }
                }
                return
            } catch let error as SystemError where error.code == EADDRINUSE && .now < end {
                // The port may still be in use: a child process that another test is starting keeps a copy of a
                // closed socket until its exec. Polling nothing waits for 5 ms.
                _ = poll(nil, 0, 5)
            }
        }
    }

    /// The local port.
    var port: UInt16 {
        get throws {
            var name = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            try check("read the name of a socket") {
                withUnsafeMutablePointer(to: &name) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        getsockname(descriptor.rawValue, $0, &length)
                    }
                }
            }
            return UInt16(bigEndian: name.sin_port)
        }
    }

    /// Sends a packet. Does not throw EPERM, which means that a filter refused the packet.
    func send(_ text: String = "packet", to address: String, port: UInt16) throws {
        let number = descriptor.rawValue
        try withAddress(address, port) { pointer, length in
            do {
                try check("send to \(address):\(port)") {
                    sendto(
                        number, text, text.utf8.count, Int32(MSG_DONTWAIT), pointer,
                        length)
                }
            } catch let refusal as SystemError {
                guard refusal.code == EPERM else { throw refusal }
            }
        }
    }

    /// The next packet, or nil if none arrives within `limit`.
    func receive(within limit: Duration = DatagramSocket.briefWait) throws -> String? {
        let end = ContinuousClock.now.advanced(by: limit)
        var buffer = [UInt8](repeating: 0, count: 2048)
        while true {
            let length = recv(descriptor.rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if length >= 0 { return String(decoding: buffer[..<length], as: UTF8.self) }
            guard errno == EAGAIN || errno == EINTR else {
                throw SystemError("receive", code: errno)
            }
            let left = (end - .now) / .milliseconds(1)
            if left <= 0 { return nil }
            var request = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
            _ = poll(&request, 1, Int32(left.rounded(.up)))
        }
    }

    /// Joins a multicast group on the interface that has this address.
    func join(_ group: String, on address: String) throws {
        var request = ip_mreq()
        inet_pton(AF_INET, group, &request.imr_multiaddr)
        inet_pton(AF_INET, address, &request.imr_interface)
        try check("join \(group)") {
            setsockopt(
                descriptor.rawValue, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &request,
                socklen_t(MemoryLayout<ip_mreq>.size))
        }
    }
}

/// Calls `body` with the address and port as a socket address.
private func withAddress(
    _ address: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void
) throws {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else {
        throw SystemError("read the address \(address)", code: EINVAL)
    }
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafePointer(to: &name) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { try body($0, length) }
    }
}
