// SPDX-License-Identifier: GPL-2.0-or-later
import Exceptions
import Firewalls
import Nftables
import Platform
import TestSupport
import Testing

private let port: UInt16 = 41234
private let neighbour: UInt16 = 41235

/// The four rows of the exceptions, by name, and what became of a packet of each.
private func passages(
    on host: NetworkNamespace, port: UInt16 = port, user: UInt32? = nil, from peer: String = Link.peer
) throws -> [String: Passage] {
    let addresses = [Link.host, peer, Link.discoveryGroup].compactMap { Platform.IPv4Address($0) }
    let (own, other, group) = (addresses[0], addresses[1], addresses[2])
    let rows: [(String, Probe)] = [
        ("I1", Probe(.in, from: other, port: 50000, to: own, port: port)),
        ("I2", Probe(.in, from: other, port: 50000, to: group, port: 3544)),
        ("O1", Probe(.out(user: nil), from: own, port: port, to: other, port: 50000)),
        ("O2", Probe(.out(user: user), from: own, port: 50001, to: other, port: 3544)),
    ]
    return try host.run {
        try HostGuard.check()
        let wire = try #require(NetworkInterface(named: "wire"))
        let prober = try Prober(interface: wire)
        #expect(prober.seesInterface)
        return try Dictionary(uniqueKeysWithValues: rows.map { ($0.0, try prober.passage(of: $0.1)) })
    }
}

extension Passage {
    fileprivate var isPassing: Bool { if case .passes = self { true } else { false } }

    /// The chain that stopped it.
    fileprivate var blocker: String? {
        if case .blocked(let decision) = self { decision.chain.description } else { nil }
    }
}

@Suite(.enabledAsRoot) struct ProberTests {
    @Test(arguments: HostRules.all)
    func `it tells which chain stops Teredo, and when none does any more`(row: HostRules) throws {
        let link = try Link(row.text())
        let member = try Datagrams(in: link.host, port: 3544)
        try member.join(Link.discoveryGroup, on: Link.host)
        let before = try link.host.listing()

        let closed = try passages(on: link.host)
        #expect(closed["I1"]?.isPassing == !row.dropsInput)
        #expect(closed["I2"]?.isPassing == !row.dropsInput)
        #expect(closed["O1"]?.isPassing == !row.dropsOutput)
        #expect(closed["O2"]?.isPassing == !row.dropsOutput)
        #expect(try link.host.listing() == before)

        let firewall = try link.firewall()
        _ = try firewall.reconcile(Openings(ports: [port], clientUser: 4711), policy: Policy())
        let up = try link.host.listing()
        let open = try passages(on: link.host, user: 4711)
        for row in open { #expect(row.value.isPassing, "\(row)") }
        let beside = try passages(on: link.host, port: neighbour, user: 4712)
        #expect(beside["I1"]?.isPassing == !row.dropsInput)
        #expect(beside["O2"]?.isPassing == !row.dropsOutput)
        #expect(try link.host.listing() == up)
        #expect(try member.receive() == nil)
    }
}
