// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform
public import TeredoProtocol

/// A test packet of the kind that an exception is for.
public struct Probe: Hashable, Sendable {
    /// The part of the host that the packet takes.
    public enum Path: Hashable, Sendable {
        /// From the network to a program of this host.
        case `in`
        /// From a socket of this user (nil: the calling process's) to the network.
        case out(user: UInt32?)
    }

    public var path: Path
    public var source: IPv4Address
    public var destination: IPv4Address
    public var sourcePort: UInt16
    public var destinationPort: UInt16

    public init(
        _ path: Path, from source: IPv4Address, port sourcePort: UInt16,
        to destination: IPv4Address,
        port destinationPort: UInt16
    ) {
        self.path = path
        self.source = source
        self.destination = destination
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
    }
}

extension Probe {
    /// The IPv4 packet, with a Teredo bubble: UDP that contains an IPv6 header without payload (next header
    /// 59), from the cookie to 2001::1.
    func packet(_ cookie: ProbeCookie) -> [UInt8] {
        let bubble: [UInt8] =
            [0x60, 0, 0, 0, 0, 0, 59, 255] + cookie.bytes + [0x20, 0x01] + [UInt8](repeating: 0, count: 13)
            + [1]
        let length = UInt16(8 + bubble.count)
        var datagram = sourcePort.bytes + destinationPort.bytes + length.bytes + [0, 0] + bubble
        let pseudoHeader = source.bytes + destination.bytes + [0, IPProtocol.udp] + length.bytes
        let sum = checksum(pseudoHeader + datagram)
        // In UDP, a checksum of 0 means that there is none.
        datagram.replaceSubrange(6..<8, with: (sum == 0 ? 0xFFFF : sum).bytes)

        let timeToLive: UInt8 = destination.isMulticast ? 1 : 64
        var header: [UInt8] =
            [0x45, 0] + (20 + length).bytes + [0, 0, 0, 0, timeToLive, IPProtocol.udp, 0, 0]
            + source.bytes + destination.bytes
        header.replaceSubrange(10..<12, with: checksum(header).bytes)
        return header + datagram
    }

    /// A locally administered address that no host is likely to have: its last bytes are "tered".
    private static let sender: [UInt8] = [0x02, 0x74, 0x65, 0x72, 0x65, 0x64]

    /// The packet as an Ethernet frame that arrives on an interface with this address.
    func frame(_ cookie: ProbeCookie, to hardware: [UInt8]) -> [UInt8] {
        // The address for a group is defined in RFC 1112, 6.4.
        let group = destination.bytes
        let target =
            destination.isMulticast ? [0x01, 0x00, 0x5E, group[1] & 0x7F, group[2], group[3]] : hardware
        // 0x0800 is the type IPv4.
        return target + Self.sender + [0x08, 0x00] + packet(cookie)
    }
}

/// The Internet checksum (RFC 1071).
private func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
        sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
    }
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    return ~UInt16(truncatingIfNeeded: sum)
}

extension UInt16 {
    fileprivate var bytes: [UInt8] { [UInt8(self >> 8), UInt8(self & 0xFF)] }
}
