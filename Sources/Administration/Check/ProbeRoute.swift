// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform
internal import TeredoProtocol

/// The two ends of the test packets.
struct ProbeRoute: Hashable, Sendable {
    var interface: NetworkInterface
    /// This host's address.
    var address: IPv4Address
    /// The remote address: far away or, failing that, an unused one of the same link.
    var peer: IPv4Address
    /// An address of the same link that no host has; it stands for another Teredo client there.
    var neighbour: IPv4Address

    /// A remote address that a Teredo client could have but does not, and that lists of bogus addresses do
    /// not contain: 192.175.48.1 of AS112, which answers reverse DNS queries for private addresses (RFC 7534).
    /// Nothing is sent to it.
    static let defaultPeer = IPv4Address(bits: 192 << 24 | 175 << 16 | 48 << 8 | 1)

    /// The host's route to the peer; without one, its first interface with IPv4. Returns nil when the host
    /// has no IPv4 address.
    ///
    /// Some rules record the source addresses of packets and may block them for hours. Therefore, unless the
    /// administrator names a peer, no address is used that a host of an attached network could have.
    static func find(interface name: String?, peer: IPv4Address?) throws -> ProbeRoute? {
        let wanted = try name.map { name in
            guard let found = NetworkInterface(named: name) else {
                throw SystemError("find the interface \(name)", code: noSuchDevice)
            }
            return found
        }
        let addresses = try AddressTable().addresses().compactMap(LinkAddress.init).filter {
            wanted == nil || $0.interface == wanted
        }
        if let route = try Route(to: peer ?? defaultPeer, through: wanted) {
            let own = addresses.first { $0.address == route.source }
            return ProbeRoute(
                interface: route.interface, address: route.source, peer: peer ?? defaultPeer,
                neighbour: own?.unusedNeighbour ?? peer ?? defaultPeer)
        }
        guard let own = addresses.first else { return nil }
        let other = peer ?? own.unusedNeighbour ?? defaultPeer
        return ProbeRoute(
            interface: own.interface, address: own.address, peer: other,
            neighbour: own.unusedNeighbour ?? other)
    }

    /// ENODEV
    private static let noSuchDevice: CInt = 19
}

/// An IPv4 address of this host on a link.
private struct LinkAddress: Hashable {
    var interface: NetworkInterface
    var address: IPv4Address
    var prefixLength: UInt8

    init?(_ listed: InterfaceAddress) {
        let isLoopback = listed.bytes.first == 127
        guard listed.bytes.count == 4, !isLoopback,
            let interface = NetworkInterface(index: listed.interface)
        else { return nil }
        self.interface = interface
        address = IPv4Address(bits: listed.bytes.reduce(0) { $0 << 8 | UInt32($1) })
        prefixLength = listed.prefixLength
    }

    /// The network address, which is routed like the address of a host, although no host has it; nil on a link
    /// with only one or two addresses, where this host has it, or if it is 0.0.0.0.
    var unusedNeighbour: IPv4Address? {
        guard prefixLength < 31 else { return nil }
        let network = address.bits & ~(UInt32.max >> UInt32(prefixLength))
        return network == address.bits || network == 0 ? nil : IPv4Address(bits: network)
    }
}
