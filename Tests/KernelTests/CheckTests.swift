// SPDX-License-Identifier: GPL-2.0-or-later
import Administration
import Platform
import TeredoProtocol
import TestSupport
import Testing

private let port: UInt16 = 41234

/// A configuration that says nothing, so that none of the machine's own is read.
private let configuration = "/dev/null"

extension NetworkNamespace {
    /// Examines this namespace, with a port of ours, as no client runs here.
    func check(interface: String? = nil, peer: String? = nil) throws -> CheckReport {
        try run {
            try HostGuard.check()
            return try Check.run(
                .init(
                    configurationPath: configuration, port: port, interface: interface,
                    peer: peer.flatMap { IPv4Address($0) }))
        }
    }
}

extension Link {
    /// Examines the host, while the peer at the other end of the wire is kept there.
    fileprivate func check(interface: String? = nil, peer address: String? = nil) throws -> CheckReport {
        try withExtendedLifetime(peer) { try host.check(interface: interface, peer: address) }
    }
}

extension CheckReport {
    func row(_ name: String) -> Row? { rows.first { $0.name == name } }
    func finding(_ subject: String) -> Finding? { findings.first { $0.subject == subject } }
}

@Suite(.enabledAsRoot) struct CheckTests {
    @Test func `without a firewall everything passes, and that is said`() throws {
        let report = try Link().check()
        #expect(report.passes)
        #expect(report.row("I1")?.text == "no rule denies it")
        #expect(report.row("I2")?.verdict == .unheard)
        #expect(report.finding("firewall")?.severity == .note)
        #expect(report.finding("inner IPv6")?.severity == .warning)
        #expect(report.finding("teredowalld")?.text == "the daemon does not run in this network namespace")
        // There is no route to the world, so a neighbour has to do.
        #expect(report.interface == "wire")
        #expect(report.peer == Link.peer)
    }

    @Test func `an explicit denial is named with its rule and what to do about it`() throws {
        let link = try Link(
            """
            table inet filter {
                chain input {
                    type filter hook input priority filter; policy drop;
                    udp dport 41000-42000 accept
                }
            }
            table ip bans {
                set banned {
                    type ipv4_addr
                    elements = { \(Link.peer) }
                }
                chain early {
                    type filter hook prerouting priority raw
                    ip saddr @banned counter drop
                }
            }
            """)
        let banned = try #require(try link.check().row("I1"))
        #expect(banned.verdict == .blocked)
        #expect(banned.decision?.table == "ip bans")
        #expect(banned.decision?.chain == "early")
        #expect(banned.decision?.handle != nil)
        #expect(banned.decision?.rule == "ip saddr @banned drop")
        #expect(banned.remedy?.contains("explicit denial") == true)
        let other = try #require(try link.check(peer: "10.64.0.77").row("I1"))
        #expect(other.verdict == .passes)
        #expect(other.acceptedBy.last?.chain == "input")
    }

    @Test func `a route to the world is taken, and an interface can be named`() throws {
        let link = try Link()
        try link.host.command("ip", ["route", "add", "default", "via", Link.peer])
        try link.host.command("ip", ["tuntap", "add", "spare", "mode", "tun"])
        try link.host.command("ip", ["address", "add", "10.66.0.1/24", "dev", "spare"])
        try link.host.command("ip", ["link", "set", "spare", "up"])
        let world = try link.check()
        #expect(world.passes)
        #expect(world.interface == "wire")
        #expect(world.peer == "192.175.48.1")
        let spare = try link.check(interface: "spare")
        #expect(spare.interface == "spare")
        #expect(spare.address == "10.66.0.1")
        #expect(spare.row("I1")?.verdict == .passes)
        #expect(throws: (any Error).self) { try link.check(interface: "none") }
    }

    @Test func `IPv6 that is off and the inner filter are seen`() throws {
        let link = try Link(
            """
            table inet filter {
                chain input {
                    type filter hook input priority filter; policy drop;
                    iifname "tun9" accept
                }
            }
            """)
        try link.host.command("sysctl", ["-qw", "net.ipv6.conf.all.disable_ipv6=1"])
        let off = try link.check()
        #expect(!off.passes)
        #expect(off.finding("IPv6")?.text.contains("net.ipv6.conf.all.disable_ipv6=1") == true)
        // The tunnel is known by its address, whatever its name.
        #expect(off.finding("inner IPv6") == nil)
        try link.host.command("sysctl", ["-qw", "net.ipv6.conf.all.disable_ipv6=0"])
        try link.host.command("ip", ["tuntap", "add", "tun9", "mode", "tun"])
        try link.host.command("ip", ["link", "set", "tun9", "up"])
        try link.host.command("ip", ["address", "add", "2001:0:a00:1::1/32", "dev", "tun9", "nodad"])
        let on = try link.check()
        #expect(on.finding("IPv6") == nil)
        #expect(on.finding("inner IPv6")?.text.contains("iifname \"tun9\" accept") == true)
    }

    @Test func `the remedy for an open tunnel is one`() throws {
        let link = try Link()
        let finding = try #require(try link.check().finding("inner IPv6"))
        let remedy = try #require(finding.remedy?.split(separator: ": ", maxSplits: 1).last)
        try link.host.nft(load: String(remedy))
        #expect(try link.check().finding("inner IPv6") == nil)
    }

    @Test func `a host without any address has nothing to examine`() throws {
        let report = try NetworkNamespace.forTest().check()
        #expect(!report.passes)
        #expect(report.rows == [])
        #expect(report.finding("IPv4")?.severity == .problem)
    }
}
