// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
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

/// The usable interfaces of the network namespace of the thread that created this object. Needs no
/// privileges.
public final class UsableInterfaces: Sendable {
    private let table: AddressTable

    public init() throws(SystemError) { table = try AddressTable() }

    /// The usable interfaces at present, ordered by index. Members of bridges, bonds and the like are not among them,
    /// since filters see their packets on the bridge or bond; members of a VRF are.
    public func list() throws(SystemError) -> [UsableInterface] {
        let (links, addresses) = try table.linksAndAddresses()
        // The kernel lists each index once.
        let byIndex = Dictionary(links.map { ($0.index, $0) }) { _, last in last }
        var networksByInterface: [UInt32: [IPv4Network]] = [:]
        for address in addresses {
            guard let value = IPv4Address(bytes: address.bytes) else { continue }
            networksByInterface[address.interface, default: []].append(
                IPv4Network(value, prefixLength: address.prefixLength))
        }
        return links.sorted { $0.index < $1.index }.compactMap { link in
            guard link.isUp, !link.isLoopback, let networks = networksByInterface[link.index] else {
                return nil
            }
            let master = byIndex[link.master]
            guard link.master == 0 || master?.kind == "vrf" else { return nil }
            // The `address` of each network is the whole address of the interface.
            return UsableInterface(
                name: link.name, index: link.index, group: link.group, type: link.type, kind: link.kind,
                vrf: master?.name, addresses: networks.map(\.address), networks: networks)
        }
    }
}

/// A network interface as the kernel lists it.
struct NetworkLink {
    let index: UInt32
    let name: String
    let kind: String
    /// The index of the interface that this one is a member of, such as a bridge, bond or VRF; 0 for none.
    let master: UInt32
    let group: UInt32
    let type: UInt16
    let isUp: Bool
    let isLoopback: Bool

    init(_ link: clinux_link) {
        index = UInt32(bitPattern: link.index)
        name = Self.text(link.name)
        kind = Self.text(link.kind)
        (master, group, type) = (link.master, link.group, link.type)
        isUp = link.flags & UInt32(CLINUX_IFF_UP) != 0
        isLoopback = link.flags & UInt32(CLINUX_IFF_LOOPBACK) != 0
    }

    /// The text in a C array that is padded with NUL bytes.
    private static func text<Bytes>(_ bytes: Bytes) -> String {
        unsafe withUnsafeBytes(of: bytes) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
