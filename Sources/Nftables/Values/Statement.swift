// SPDX-License-Identifier: GPL-2.0-or-later
public import TeredoProtocol

/// One statement of a rule to be written. It has exact expressions for each family, by which our rules are recognised
/// in the kernel's listing, and, except for ``xtables(_:)``, a form in nft's syntax.
public enum Statement: Hashable, Sendable {
    /// `iifname "N"`.
    case interfaceIn(String)
    /// `oifname "N"`.
    case interfaceOut(String)
    /// `iif 0`: the packet came in by no interface, so this host sends it.
    case withoutInterfaceIn
    /// `oif 0`: the packet goes out by no interface, so it is for this host.
    case withoutInterfaceOut
    /// `meta nfproto ipv6` in an inet table; no expression in an ip6 table, where all packets are IPv6.
    case matchIPv6
    /// `ct state established,related`.
    case establishedOrRelated
    /// `icmpv6 type A-B`.
    case icmpv6(types: ClosedRange<UInt8>)
    /// `meta nfproto ipv4` in an inet table; no expression in an ip table, where all packets are IPv4.
    case matchIPv4
    /// `ip daddr A`.
    case ipDestination(IPv4Address)
    /// `ip saddr A`.
    case ipSource(IPv4Address)
    /// `meta l4proto igmp`, as iptables writes `-p igmp`.
    case matchIGMP
    /// `meta l4proto @set`: the transport protocol is in the set.
    case matchProtocol(inSet: String)
    /// `udp dport @set`
    case udpDestinationPort(inSet: String)
    /// `udp sport @set`
    case udpSourcePort(inSet: String)
    /// `ip daddr . udp dport @set`
    case ipDestinationAndPort(inSet: String)
    /// `ip saddr . udp sport @set`
    case ipSourceAndPort(inSet: String)
    /// `meta skuid N`: sent by a socket of this user.
    case socketUser(UInt32)
    /// `@th,O,N 0x…`: the packet has these bytes, at most 16, at this offset in bytes from the start of the
    /// transport header.
    case transportBytes(offset: UInt32, [UInt8])
    /// `meta nftrace set 1`: the kernel reports all further steps of the packet.
    case trace
    case counter
    case accept
    case drop
    /// `jump C`: to this chain of the same table.
    case jump(String)
    /// `meta l4proto udp`, as iptables writes `-p udp`.
    case matchUDP
    /// An xtables match, for tables that iptables maintains. nft's syntax cannot express it.
    case xtables(XtablesMatch)
}
