// SPDX-License-Identifier: GPL-2.0-or-later

/// One statement of a rule that we write: it has an nft spelling and, per family, exact expressions.
///
/// A rule of ours found in the kernel is recognised by comparing those expressions with the listed ones.
public enum Statement: Hashable, Sendable {
    /// `meta nfproto ipv4` in an inet table; nothing in an ip table, where everything is IPv4.
    case isIPv4
    /// `ip daddr A`.
    case ipDestination(IPv4Address)
    /// `meta l4proto igmp` / `ip protocol igmp`.
    case isIGMP
    /// `udp dport @set`
    case udpDestinationPort(inSet: String)
    /// `udp sport @set`
    case udpSourcePort(inSet: String)
    /// `meta skuid N`: sent by a socket of this user.
    case socketUser(UInt32)
    /// `@th,O,N 0x…`: these bytes at this offset from the start of the transport header; at most 16.
    case transportBytes(offset: UInt32, [UInt8])
    /// `meta nftrace set 1`: the kernel tells what becomes of the packet from here on.
    case trace
    case counter
    case accept
    case drop
    case jump(String)
    /// `meta l4proto udp`, as iptables writes `-p udp`.
    case isUDP
    /// A match of xtables, for tables that iptables manages. nft cannot write it.
    case xtables(XtablesMatch)
}

/// An IPv4 address, in host order: 224.0.0.253 is 0xE00000FD.
public struct IPv4Address: Hashable, Sendable, CustomStringConvertible {
    public var value: UInt32

    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        value = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
    }

    public init(value: UInt32) { self.value = value }

    /// In the order of the wire.
    public var bytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) } }

    public var description: String { bytes.map { String($0) }.joined(separator: ".") }
}

/// A rule that we write.
public struct RuleText: Hashable, Sendable {
    public var statements: [Statement]
    /// At most 127 bytes of UTF-8.
    public var comment: String?

    public init(_ statements: [Statement], comment: String? = nil) {
        self.statements = statements
        self.comment = comment
    }
}
