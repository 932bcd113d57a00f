// SPDX-License-Identifier: GPL-2.0-or-later
internal import TeredoProtocol

/// Sixteen random bytes that identify the test packets of one examination. They are the source address of the
/// inner packet, and therefore in the form of a Teredo address.
struct ProbeCookie: Hashable {
    let bytes: [UInt8]

    /// The prefix 2001::/32 and 12 random bytes.
    init() {
        var generator = SystemRandomNumberGenerator()
        bytes = RFC4380.prefix + (0..<12).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// The offset of the bytes from the start of the UDP header: the UDP header, and the IPv6 header up to
    /// its source address.
    static let offset: UInt32 = 8 + 8
    /// The offset of the bytes in an ICMP error about the packet, from the start of the ICMP header: the ICMP
    /// header, the IPv4 header of the packet, and ``offset``.
    static let offsetInError: UInt32 = 8 + 20 + offset
}
