// SPDX-License-Identifier: Apache-2.0
internal import TeredoProtocol

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
