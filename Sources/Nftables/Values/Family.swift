// SPDX-License-Identifier: GPL-2.0-or-later

/// An nf_tables address family. Raw values are those of the kernel (NFPROTO_*, linux/netfilter.h).
public enum Family: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case inet = 1
    case ip = 2
    case arp = 3
    case netdev = 5
    case bridge = 7
    case ip6 = 10

    /// The keyword in nft's syntax.
    public var description: String {
        switch self {
        case .inet: "inet"
        case .ip: "ip"
        case .arp: "arp"
        case .netdev: "netdev"
        case .bridge: "bridge"
        case .ip6: "ip6"
        }
    }
}
