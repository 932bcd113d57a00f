// SPDX-License-Identifier: GPL-2.0-or-later
import CSupport
import Glibc
import Platform

/// A socket for test packets or frames. It belongs to the namespace in which it was created.
struct RawSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// A socket of this user for sending IPv4 packets.
    static func sender(user: UInt32) throws(SystemError) -> RawSocket {
        try RawSocket("make a raw socket") { csupport_raw_open(user, Int32(IPPROTO_RAW), &$0) }
    }

    /// A socket that receives the packets of this protocol that the input hook lets through.
    static func receiver(_ transport: Packet.Transport) throws(SystemError) -> RawSocket {
        try RawSocket("make a raw socket") { csupport_raw_open(0, Int32(transport.rawValue), &$0) }
    }

    /// A socket that sends frames on an interface, and receives incoming frames of this protocol (an
    /// EtherType).
    static func frames(on interface: String, protocol number: UInt16) throws(SystemError) -> RawSocket {
        try RawSocket("make a packet socket") { csupport_packet_open(interface, number, &$0) }
    }

    private init(
        _ operation: StaticString, _ open: (inout CInt) -> CInt
    ) throws(SystemError) {
        var number: CInt = -1
        try checkStatus("\(operation)") { open(&number) }
        descriptor = Descriptor(owning: number)
    }

    /// Sends a frame.
    func send(_ frame: [UInt8]) throws(SystemError) {
        _ = try check("send a frame") { Glibc.send(descriptor.rawValue, frame, frame.count, 0) }
    }

    /// Sends an IPv4 packet. Throws no error when a filter drops the packet.
    func send(packet: [UInt8]) throws(SystemError) {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        withUnsafeMutableBytes(of: &name.sin_addr) { $0.copyBytes(from: packet[16..<20]) }  // the destination
        let sent = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor.rawValue, packet, packet.count, Int32(MSG_DONTWAIT), $0,
                    socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let code = errno
        if sent >= 0 || code == EPERM { return }
        throw SystemError("send a packet", code: code)
    }

    /// The next packet that has arrived; nil when there is none.
    func receive() throws(SystemError) -> ArraySlice<UInt8>? {
        // Longer than any frame of the link.
        var buffer = [UInt8](repeating: 0, count: 2048)
        while true {
            let length = recv(descriptor.rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if length >= 0 { return buffer[..<length] }
            let code = errno
            if code == EAGAIN { return nil }
            if code != EINTR { throw SystemError("receive a packet", code: code) }
        }
    }

    /// Waits until there is something to receive, and returns whether there is.
    func wait(until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = max((deadline - .now) / .milliseconds(1), 0)
            var request = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
            let ready = poll(&request, 1, Int32(left.rounded(.up)))
            if ready > 0 { return true }
            if left <= 0 { return false }
        }
    }
}

/// Keeps the calling thread on its processor until it ends: packets then arrive in the order in which it sends them.
func stayOnProcessor() throws(SystemError) {
    try checkStatus("stay on a processor") { csupport_stay_on_processor() }
}
