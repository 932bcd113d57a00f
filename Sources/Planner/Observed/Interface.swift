// SPDX-License-Identifier: GPL-2.0-or-later
public import TeredoProtocol

/// A network interface that packets of the Teredo client may come and go by.
public struct Interface: Hashable, Sendable {
    public var name: String
    public var index: UInt32
    /// The group it is in (`ip link set … group`); 0 by default.
    public var group: UInt32
    /// ARPHRD_*
    public var type: UInt16
    /// As `ip -d link` says it: "veth", "wireguard"; empty for hardware.
    public var kind: String
    /// The VRF that it belongs to: rules at input see that one's name.
    public var master: String?
    /// Its IPv4 addresses.
    public var addresses: [IPv4Address]

    public init(
        name: String, index: UInt32 = 0, group: UInt32 = 0, type: UInt16 = 1, kind: String = "",
        master: String? = nil, addresses: [IPv4Address] = []
    ) {
        self.name = name
        self.index = index
        self.group = group
        self.type = type
        self.kind = kind
        self.master = master
        self.addresses = addresses
    }

    /// Whether packets that go out by it go out by another interface again, inside others.
    public var isTunnel: Bool {
        let tunnels: Set<String> = [
            "tun", "wireguard", "xfrm", "ipip", "gre", "sit", "vti", "ip6tnl", "gretap", "l2tp", "amneziawg",
        ]
        return tunnels.contains(kind)
    }
}
