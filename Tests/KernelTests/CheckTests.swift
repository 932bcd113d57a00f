// SPDX-License-Identifier: GPL-2.0-or-later
import Administration
import Foundation
import Nftables
import Platform
import TeredoProtocol
import TestSupport
import Testing

private let port: UInt16 = 41234

/// An empty configuration, so that the one of this machine is not read.
private let configuration = "/dev/null"

extension NetworkNamespace {
    /// Runs `check` in this namespace for a fixed port, because no Teredo client runs here.
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
    /// Runs `check` on the host, and keeps the peer's namespace alive until it returns.
    fileprivate func check(interface: String? = nil, peer address: String? = nil) throws -> CheckReport {
        try withExtendedLifetime(peer) { try host.check(interface: interface, peer: address) }
    }
}

extension CheckReport {
    func row(_ name: String) -> Row? { rows.first { $0.name == name } }
    func finding(_ subject: String) -> Finding? { findings.first { $0.subject == subject } }
}

@Suite(.enabledAsRoot) struct CheckTests {
    @Test func `without a firewall everything passes`() throws {
        let report = try Link().check()
        #expect(report.passes == true)
        #expect(report.row("I1")?.text == "no rule denies it")
        #expect(report.row("I2")?.verdict == .unused)
        #expect(report.finding("firewall")?.severity == .note)
        #expect(report.finding("inner IPv6")?.severity == .warning)
        #expect(report.finding("teredowalld")?.text == "the daemon does not run in this network namespace")
        // The namespace has no default route, so `check` takes an unused address of the attached network as the peer.
        #expect(report.interface == "wire")
        #expect(report.peer == Link.networkAddress)
    }

    @Test func `an explicit denial is reported with its rule and a remedy`() throws {
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
                    elements = { \(Link.peerAddress) }
                }
                chain early {
                    type filter hook prerouting priority raw
                    ip saddr @banned counter drop
                }
            }
            """)
        let banned = try #require(try link.check(peer: Link.peerAddress).row("I1"))
        #expect(banned.verdict == .blocked)
        #expect(banned.decision?.table == "ip bans")
        #expect(banned.decision?.chain == "early")
        let handle = try #require(banned.decision?.handle)
        #expect(banned.decision?.position == 1)
        #expect(banned.decision?.rule == "ip saddr @banned drop")
        #expect(banned.text == "dropped by ip bans early, rule 1, handle \(handle): ip saddr @banned drop")
        #expect(banned.remedy?.contains("explicit denial") == true)
        let other = try #require(try link.check(peer: "10.64.0.77").row("I1"))
        #expect(other.verdict == .passes)
        #expect(other.acceptedBy.last?.chain == "input")
    }

    @Test func `the default route is used unless an interface is named`() throws {
        let link = try Link()
        try link.host.command("ip", ["route", "add", "default", "via", Link.peerAddress])
        try link.host.command("ip", ["tuntap", "add", "spare", "mode", "tun"])
        try link.host.command("ip", ["address", "add", "10.66.0.1/24", "dev", "spare"])
        try link.host.command("ip", ["link", "set", "spare", "up"])
        let byRoute = try link.check()
        #expect(byRoute.passes == true)
        #expect(byRoute.interface == "wire")
        // The peer that `check` takes unless one is named.
        #expect(byRoute.peer == "192.175.48.1")
        let byName = try link.check(interface: "spare")
        #expect(byName.interface == "spare")
        #expect(byName.address == "10.66.0.1")
        #expect(byName.row("I1")?.verdict == .passes)
        #expect(throws: (any Error).self) { try link.check(interface: "none") }
    }

    @Test func `disabled IPv6 and the inner filter are reported`() throws {
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
        #expect(off.passes == false)
        #expect(off.finding("IPv6")?.text.contains("net.ipv6.conf.all.disable_ipv6=1") == true)
        // `check` recognises the tunnel by its address, not by its name.
        #expect(off.finding("inner IPv6") == nil)
        try link.host.command("sysctl", ["-qw", "net.ipv6.conf.all.disable_ipv6=0"])
        try link.host.command("ip", ["tuntap", "add", "tun9", "mode", "tun"])
        try link.host.command("ip", ["link", "set", "tun9", "up"])
        try link.host.command("ip", ["address", "add", "2001:0:a00:1::1/32", "dev", "tun9", "nodad"])
        let on = try link.check()
        #expect(on.finding("IPv6") == nil)
        #expect(on.finding("inner IPv6")?.text.contains("iifname \"tun9\" accept") == true)
    }

    @Test func `the remedy for an unfiltered tunnel works`() throws {
        let link = try Link()
        let finding = try #require(try link.check().finding("inner IPv6"))
        let remedy = try #require(finding.remedy?.split(separator: ": ", maxSplits: 1).last)
        try link.host.nft(load: String(remedy))
        #expect(try link.check().finding("inner IPv6") == nil)
    }

    @Test func `test packets have no source address that a host of the link could have`() throws {
        let link = try Link(
            """
            table inet filter {
                chain early {
                    type filter hook prerouting priority raw
                    ip saddr 10.64.0.1-10.64.0.255 counter comment "of a host"
                    ip saddr \(Link.networkAddress) counter comment "of the network"
                }
            }
            """)
        let member = try DatagramSocket(in: link.host, port: 3544)
        try member.join(Link.discoveryGroup, on: Link.hostAddress)
        #expect(try link.check().row("I2")?.verdict == .passes)
        let filter = TableName(.inet, "filter")
        #expect(try packets("of a host", in: filter, of: link.host.connection()) == 0)
        #expect(try packets("of the network", in: filter, of: link.host.connection()) > 0)
    }

    @Test func `no test packet is sent to a rule that records source addresses`() throws {
        let link = try Link(
            """
            table inet filter {
                set seen { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
                chain input {
                    type filter hook input priority filter; policy accept;
                    udp dport 53 accept
                    goto rest
                }
                chain rest {
                    udp dport != 53 add @seen { ip saddr }
                }
            }
            """)
        let report = try link.check()
        let row = try #require(report.row("I1"))
        // `check` decides this row by reading the ruleset: it sends no packet that a rule could store in a
        // set.
        #expect(row.verdict == .passes)
        #expect(!row.isProven)
        #expect(row.text.contains("inet filter rest"), "\(row.text)")
        #expect(row.text.contains("records addresses"), "\(row.text)")
        #expect(report.row("O1")?.verdict == .passes)
        #expect(report.row("O1")?.isProven == true)
        #expect(try !link.host.nft("list", "set", "inet", "filter", "seen").contains("elements"))
    }

    @Test func `a rule that records addresses of other packets does not prevent test packets`() throws {
        let link = try Link(
            """
            table inet filter {
                set seen { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
                chain input {
                    type filter hook input priority filter; policy accept;
                    tcp dport 22 add @seen { ip saddr }
                    udp dport 53 jump rest
                }
                chain rest {
                    add @seen { ip saddr }
                }
            }
            """)
        let report = try link.check()
        #expect(report.row("I1")?.verdict == .passes)
        #expect(report.row("I1")?.isProven == true)
        #expect(report.outcome == .passes)
    }

    @Test func `a chain of type nat is not named as accepting`() throws {
        let link = try Link(
            """
            table ip nat {
                chain prerouting {
                    type nat hook prerouting priority dstnat
                    jump local
                }
                chain local {
                    udp dport \(port) accept
                }
            }
            """)
        let row = try #require(try link.check().row("I1"))
        #expect(row.verdict == .passes)
        #expect(row.acceptedBy == [])
        #expect(row.text == "no rule denies it")
    }

    @Test func `a chain of reverse path filtering that the test packets passed raises no warning`() throws {
        let link = try Link(
            """
            table inet nixlike {
                chain paths {
                    type filter hook prerouting priority mangle + 10; policy drop;
                    fib saddr . mark . iif oif exists accept
                }
            }
            """)
        try link.host.command("ip", ["route", "add", "default", "via", Link.peerAddress])
        let report = try link.check()
        #expect(report.outcome == .passes)
        #expect(report.finding("inet nixlike paths") == nil)
    }

    /// The exit status of `teredowall check` in a user namespace, where the kernel does not permit injecting
    /// incoming packets: 0 if Teredo passes, 1 if it does not, 2 if that is unknown. The report goes to the standard
    /// error, so that the script prints only the status.
    private func statusWithoutPackets(_ ruleset: String) throws -> String {
        // `&& … || …` keeps `bash -e` from ending the script when `check` fails.
        let script = """
            ip link add eth0 type veth peer name far
            ip address add 10.1.1.2/24 dev eth0
            ip link set eth0 up
            ip link set far up
            ip route add default via 10.1.1.1
            nft -f -
            \(built("teredowall")) check --config /dev/null --port \(port) >&2 && status=0 || status=$?
            echo $status
            """
        return try runProgram(
            "unshare", ["--user", "--map-root-user", "--net", "bash", "-euc", script], input: ruleset
        ).trimmingCharacters(in: .newlines)
    }

    @Test func `without test packets the exit status comes from the rules, or reports that it is unknown`()
        throws
    {
        /// A ruleset with this policy and rule at input.
        func input(_ policy: String, _ rule: String) -> String {
            "table inet f { chain in { type filter hook input priority 0; policy \(policy); \(rule); }; }\n"
        }
        #expect(try statusWithoutPackets(input("drop", "iif lo accept")) == "1")
        #expect(try statusWithoutPackets(input("accept", "iifname eth0 drop")) == "1")
        #expect(try statusWithoutPackets(input("accept", "iif lo accept")) == "0")
        #expect(try statusWithoutPackets(input("accept", "meta day \"Monday\" drop")) == "2")
        /// A ruleset with this rule at the ingress hook of the interface, and no chain at input.
        func edge(_ rule: String) -> String {
            """
            table netdev edge {
                chain edge {
                    type filter hook ingress device "eth0" priority 0
                    \(rule)
                }
            }

            """
        }
        #expect(try statusWithoutPackets(edge("udp dport 9 drop")) == "0")
        #expect(try statusWithoutPackets(edge("udp dport \(port) drop")) == "1")
    }

    @Test func `a host without any address has nothing to examine`() throws {
        let report = try NetworkNamespace.forTest().check()
        #expect(report.passes == false)
        #expect(report.rows == [])
        #expect(report.finding("IPv4")?.severity == .problem)
    }
}
