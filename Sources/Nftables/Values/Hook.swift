// SPDX-License-Identifier: GPL-2.0-or-later

/// A hook of the IPv4, IPv6 and inet families. Raw values are the kernel's (NF_INET_*). Bridge, arp and netdev
/// tables number their hooks differently: for their chains only the raw value is true, not the case's name.
public enum Hook: UInt32, Hashable, Sendable {
    case prerouting = 0
    case input = 1
    case forward = 2
    case output = 3
    case postrouting = 4
    case ingress = 5
}
