// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// The names of our sets in one table.
struct SetNames: Hashable, Sendable {
    /// The ports that are open on every address.
    let ports: SetName
    /// The ports that are open on one address.
    let addresses: SetName
    /// The set that contains UDP 3544 while the lease of the standing rules lasts.
    let standingPort: SetName
    /// The set that contains the protocol IGMP while the lease of the rules for it lasts; made only if `igmp` is set.
    let protocols: SetName

    init(in table: TableName) {
        let prefix = table == .teredowall ? "" : "teredowall-"
        ports = SetName(table, prefix + "ports")
        addresses = SetName(table, prefix + "addresses")
        standingPort = SetName(table, prefix + "static")
        protocols = SetName(table, prefix + "protocols")
    }

    /// The sets with their types, flags and comments.
    var declarations: [NamedSet] {
        [
            .timedPorts(ports, comment: Mark.ports),
            .timedAddresses(addresses, comment: Mark.addresses),
            .timedPorts(standingPort, comment: Mark.standingPort),
            .timedProtocols(protocols, comment: Mark.protocols),
        ]
    }

    /// True if one of the sets has this name.
    func contains(_ name: String) -> Bool {
        [ports, addresses, standingPort, protocols].contains { $0.name == name }
    }
}
