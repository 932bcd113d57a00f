// SPDX-License-Identifier: Apache-2.0

/// A Teredo client's IPv6 address (RFC 4380, section 4). It contains the server's address, and the client's
/// address and port as its server sees them.
public struct TeredoAddress: Hashable, Sendable {
    public let server: IPv4Address
    /// The flags in host byte order. Bit 15 is the cone flag; the others are random or zero (RFC 5991).
    public let flags: UInt16
    /// The client's UDP port as its server sees it, in host byte order. It is the client's own port unless a
    /// NAT changes it.
    public let mappedPort: UInt16
    /// The client's IPv4 address as its server sees it.
    public let mappedAddress: IPv4Address

    /// Reads the 16 bytes of an IPv6 address in network byte order; nil when it is not in 2001::/32.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 16, bytes.starts(with: RFC4380.prefix) else { return nil }
        server = IPv4Address(bytes[4], bytes[5], bytes[6], bytes[7])
        flags = UInt16(bytes[8]) << 8 | UInt16(bytes[9])
        // All bits of port and address are inverted, so that a NAT on the way does not recognise and
        // rewrite them.
        mappedPort = ~(UInt16(bytes[10]) << 8 | UInt16(bytes[11]))
        mappedAddress = IPv4Address(~bytes[12], ~bytes[13], ~bytes[14], ~bytes[15])
    }
}
