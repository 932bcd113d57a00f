// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport

/// A host with a firewall, and a peer on the same link whose packets it gets.
struct Link {
    static let host = "10.64.0.1"
    static let peer = "10.64.0.2"
    /// Another address of the peer, which the blocklists of rules/hosts name.
    static let blocked = "10.64.0.66"
    /// The address of the network itself.
    static let nobody = "10.64.0.0"
    static let discoveryGroup = "224.0.0.253"

    let host: NetworkNamespace
    let peer: NetworkNamespace

    /// With the text of a firewall loaded on the host.
    init(_ ruleset: String = "") throws {
        host = try .forTest()
        peer = try .forTest()
        try host.command("ip", ["link", "set", "lo", "up"])
        try host.command(
            "ip", ["link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", peer.path])
        for (namespace, addresses) in [(host, [Self.host]), (peer, [Self.peer, Self.blocked])] {
            for address in addresses {
                try namespace.command("ip", ["address", "add", address + "/24", "dev", "wire"])
            }
            try namespace.command("ip", ["link", "set", "wire", "up"])
            try namespace.command("ip", ["route", "add", "224.0.0.0/4", "dev", "wire"])
        }
        if !ruleset.isEmpty { try host.nft(load: ruleset) }
    }

    /// A firewall of ours on the host.
    func firewall() throws -> NftablesFirewall { try host.firewall() }
}

extension NetworkNamespace {
    func connection() throws -> RulesetConnection { try run { try Kept(RulesetConnection()) }.value }

    func firewall() throws -> NftablesFirewall { try NftablesFirewall(connection: connection()) }

    /// Everything nft lists, without what counts or runs out.
    func listing() throws -> String { try nft("-s", "list", "ruleset") }
}

/// Carries an object from the thread that made it to the one that waits for that.
private struct Kept<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}

/// Packets that our rules with this comment have let through in one table.
func packets(_ comment: String, in table: TableName, of connection: RulesetConnection) throws -> UInt64 {
    var packets: UInt64 = 0
    for chain in try connection.chains() where chain.name.table == table {
        for rule in try connection.rules(of: chain.name) where rule.comment == comment {
            for case .counter(let count, _) in rule.expressions { packets += count }
        }
    }
    return packets
}
