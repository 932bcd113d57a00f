// SPDX-License-Identifier: Apache-2.0
public import TeredoProtocol

/// A network interface that packets between this host and others may use: up, with an IPv4 address, not loopback, and
/// not a member of another interface, such as a bridge or bond, unless that is a VRF.
public struct UsableInterface: Hashable, Sendable {
    public let name: String
    public let index: UInt32
    /// The number of the interface group, to which rules can refer (`ip link set … group`).
    public let group: UInt32
    /// The ARPHRD_* number.
    public let type: UInt16
    /// The kind of virtual interface, such as "veth"; empty for hardware.
    public let kind: String
    /// The name of the VRF that the interface belongs to; nil for none.
    public let vrf: String?
    /// The IPv4 addresses; at least one.
    public let addresses: [IPv4Address]
    /// The network that each of ``addresses`` belongs to, in the same order.
    public let networks: [IPv4Network]
}
