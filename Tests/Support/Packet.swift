// SPDX-License-Identifier: GPL-2.0-or-later
public import TeredoProtocol

/// A test packet between a host and the network.
public struct Packet: Hashable, Sendable {
    /// The direction, and the sender of an outgoing packet.
    public enum Direction: Hashable, Sendable {
        /// From the network to the host.
        case `in`
        /// From a socket of this user of the host to the network.
        case out(user: UInt32)
    }

    /// The kind of packet: an ICMP echo request, a TCP SYN or a UDP datagram. The raw value is the protocol's number.
    public enum Transport: UInt8, Hashable, Sendable, CaseIterable {
        case icmp = 1
        case tcp = 6
        case udp = 17
    }

    public var direction: Direction
    public var transport: Transport
    public var source: IPv4Address
    public var destination: IPv4Address
    /// The port of UDP and TCP; nil for one that no earlier packet had, so that connection tracking does not know the
    /// packet.
    public var sourcePort: UInt16?
    /// Like ``sourcePort``.
    public var destinationPort: UInt16?

    public init(
        _ direction: Direction, _ transport: Transport = .udp, from source: IPv4Address,
        to destination: IPv4Address,
        sourcePort: UInt16? = nil, destinationPort: UInt16? = nil
    ) {
        self.direction = direction
        self.transport = transport
        self.source = source
        self.destination = destination
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
    }

    /// Identifies test packets.
    private static let magic: [UInt8] = [0x7E, 0xED, 0x0F, 0xA1]

    /// The IPv4 packet, which contains `number`.
    func bytes(number: UInt32) -> [UInt8] {
        // A new port for each packet, except those from 40 000 to 42 999, which tests give a meaning.
        let next = 20_000 + UInt16(number % 40_000)
        let fresh = next < 40_000 ? next : next + 3_000
        let ports = (sourcePort ?? fresh).bytes + (destinationPort ?? fresh).bytes
        let tag = Self.magic + UInt16(number >> 16).bytes + UInt16(number & 0xFFFF).bytes
        // 40 bytes, the length of a Teredo bubble (an IPv6 header).
        let content = tag + [UInt8](repeating: 0, count: 32)
        let payload: [UInt8]
        let checksumOffset: Int
        switch transport {
        case .udp:
            (payload, checksumOffset) = (ports + UInt16(8 + content.count).bytes + [0, 0] + content, 6)
        // An echo request.
        case .icmp: (payload, checksumOffset) = ([8, 0, 0, 0] + fresh.bytes + [0, 1] + tag, 2)
        // A SYN (0x02) without options, with the tag in the fields of the sequence and acknowledgement numbers.
        case .tcp: (payload, checksumOffset) = (ports + tag + [0x50, 0x02, 0x20, 0, 0, 0, 0, 0], 16)
        }
        let pseudoHeader =
            transport == .icmp
            ? []
            : source.bytes + destination.bytes + [0, transport.rawValue] + UInt16(payload.count).bytes
        var body = payload
        let sum = Self.checksum(pseudoHeader + payload)
        // In UDP, 0 would mean that there is no checksum.
        body.replaceSubrange(checksumOffset..<checksumOffset + 2, with: (sum == 0 ? 0xFFFF : sum).bytes)
        // Version 4 and 5 words of header, no fragments, the TTL, and a checksum that is filled in below.
        var header: [UInt8] =
            [0x45, 0] + UInt16(20 + body.count).bytes + [0, 0, 0, 0, destination.isMulticast ? 1 : 64]
            + [transport.rawValue, 0, 0] + source.bytes + destination.bytes
        header.replaceSubrange(10..<12, with: Self.checksum(header).bytes)
        return header + body
    }

    /// The number in an IPv4 packet made by ``bytes(number:)``; nil for other packets.
    static func number(in packet: some Collection<UInt8>) -> UInt32? {
        let packet = Array(packet)
        guard packet.count > 20, packet[0] >> 4 == 4, let transport = Transport(rawValue: packet[9]) else {
            return nil
        }
        // The tag follows the ports in TCP, and the header of 8 bytes in UDP and ICMP.
        let start = Int(packet[0] & 15) * 4 + (transport == .tcp ? 4 : 8)
        guard packet.count >= start + 8, packet[start..<start + 4].elementsEqual(magic) else { return nil }
        return packet[start + 4..<start + 8].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The Internet checksum (RFC 1071); not the function of Administration, which is under test.
    private static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
        }
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}

extension UInt16 {
    fileprivate var bytes: [UInt8] { [UInt8(self >> 8), UInt8(self & 0xFF)] }
}
