// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport

/// A host with a firewall, and a peer that is connected to it by a pair of virtual interfaces.
struct Link {
    static let hostAddress = "10.64.0.1"
    static let peerAddress = "10.64.0.2"
    /// A second address of the peer, which the blocklists of rules/hosts name.
    static let blocked = "10.64.0.66"
    /// The address of the network itself (all host bits 0), which no host has.
    static let networkAddress = "10.64.0.0"
    static let discoveryGroup = "224.0.0.253"

    let host: NetworkNamespace
    let peer: NetworkNamespace

    /// Connects two new namespaces, waits until the link carries packets, and loads this text of a ruleset on the host.
    init(_ ruleset: String = "") throws {
        host = try .forTest()
        peer = try .forTest()
        try host.command("ip", ["link", "set", "lo", "up"])
        try host.command(
            "ip", ["link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", peer.path])
        for (namespace, addresses) in [(host, [Self.hostAddress]), (peer, [Self.peerAddress, Self.blocked])] {
            for address in addresses {
                try namespace.command("ip", ["address", "add", address + "/24", "dev", "wire"])
            }
            try namespace.command("ip", ["link", "set", "wire", "up"])
            try namespace.command("ip", ["route", "add", "224.0.0.0/4", "dev", "wire"])
        }
        // The kernel activates a link some time after this command, on a busy machine long after it, and drops
        // answers to ARP until then. A packet that a test sent before that would arrive a second later, when
        // the rules have changed.
        try peer.command("ping", ["-q", "-c", "1", "-i", "0.2", "-w", "20", Self.hostAddress])
        if !ruleset.isEmpty { try host.nft(load: ruleset) }
    }

    /// A new `NftablesFirewall` on the host.
    func firewall() throws -> NftablesFirewall { try host.firewall() }
}

extension NetworkNamespace {
    /// A new `NftablesFirewall` in this namespace.
    func firewall() throws -> NftablesFirewall { try NftablesFirewall(connection: connection()) }

    /// The listing of nft, without counters and remaining timeouts.
    func listing() throws -> String { try nft("-s", "list", "ruleset") }
}

/// The sum of the packet counters of the rules that have this comment, in one table.
func packets(_ comment: String, in table: TableName, of connection: RulesetConnection) throws -> UInt64 {
    var packets: UInt64 = 0
    for chain in try connection.chains() where chain.name.table == table {
        for rule in try connection.rules(of: chain.name) where rule.comment == comment {
            for case .counter(let count, _) in rule.expressions { packets += count }
        }
    }
    return packets
}
