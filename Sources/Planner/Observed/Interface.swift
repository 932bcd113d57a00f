// SPDX-License-Identifier: GPL-2.0-or-later
public import TeredoProtocol

/// A network interface that packets of the Teredo client may use.
public struct Interface: Hashable, Sendable {
    public var name: String
    public var index: UInt32
    /// The interface group (`ip link set … group`); 0 by default.
    public var group: UInt32
    /// The hardware type, ARPHRD_*.
    public var type: UInt16
    /// The kind as `ip -d link` prints it: "veth", "wireguard"; empty for hardware.
    public var kind: String
    /// The VRF that the interface belongs to; at hook input, rules see the VRF's name instead.
    public var master: String?
    /// The IPv4 addresses of the interface.
    public var addresses: [IPv4Address]
    /// The networks that the interface is attached to.
    public var networks: [IPv4Network]

    public init(
        name: String, index: UInt32 = 0, group: UInt32 = 0, type: UInt16 = 1, kind: String = "",
        master: String? = nil, addresses: [IPv4Address] = [],
        networks: [IPv4Network] = []
    ) {
        self.name = name
        self.index = index
        self.group = group
        self.type = type
        self.kind = kind
        self.master = master
        self.addresses = addresses
        self.networks = networks
    }

    /// The network of the neighbours; nil if there is none, as on a point-to-point link. A network with a prefix length of
    /// 31 or 32 has no addresses besides those of its one or two hosts.
    var network: IPv4Network? { networks.first { (1...30).contains($0.prefixLength) } }

    /// True for a tunnel: its packets leave the host by another interface, encapsulated.
    public var isTunnel: Bool {
        let tunnels: Set<String> = [
            "tun", "wireguard", "xfrm", "ipip", "gre", "sit", "vti", "ip6tnl", "gretap", "l2tp", "amneziawg",
        ]
        return tunnels.contains(kind)
    }
}
