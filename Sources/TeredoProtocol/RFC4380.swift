// SPDX-License-Identifier: Apache-2.0

/// Constants of RFC 4380, section 2.
public enum RFC4380 {
    /// The UDP port of Teredo servers, and of the clients' local discovery, in host byte order.
    public static let wellKnownPort: UInt16 = 3544
    /// The IPv4 multicast group of local discovery.
    public static let discoveryGroup = IPv4Address(224, 0, 0, 253)

    /// The first 32 bits of every client's address (2001::/32), in network byte order.
    public static let prefix: [UInt8] = [0x20, 0x01, 0, 0]
}
