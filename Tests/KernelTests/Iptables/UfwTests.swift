// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport
import Testing

private let port: UInt16 = 41234
private let openings = Openings(ports: [port], clientUser: 0)
/// The exception for the port, as `IptablesHost.rules(of:)` returns it.
private let exception =
    "-A INPUT -p udp -m udp --dport 41234 -m time --datestart T --datestop T "
    + #"-m comment --comment "teredowall: Teredo service port, in" -j ACCEPT"#

@Suite(.enabledAsRoot) struct UfwTests {
    private static func with(_ body: @Sendable (IptablesHost) async throws -> Void) async throws {
        try await IptablesHost.with { host in
            try host.shell(
                """
                ufw --force enable
                ufw allow 22/tcp
                ufw deny from \(Link.blocked)
                """)
            try await body(host)
        }
    }

    @Test func `exactly the exceptions pass, and ufw reports the same status as before`() async throws {
        try await Self.with { host in
            try host.shell("ufw default deny outgoing")
            let before = try (
                saved: host.saved(), listing: host.network.listing(), status: host.shell("ufw status verbose")
            )
            let traffic = try Traffic(
                host: host.network, peer: host.peer, ports: [port - 1, port, port + 1, 3544])
            #expect(try !traffic.comesIn(to: port))
            #expect(try !traffic.goesOut(from: port))

            let firewall = try host.firewall()
            let result = try firewall.reconcile(openings, policy: Policy())
            #expect(result.plan.attachments.last?.chains.map(\.name) == ["INPUT", "OUTPUT"])
            #expect(result.plan.leftAlone == [])
            #expect(try traffic.withLongWait.comesIn(to: port))
            #expect(try traffic.withLongWait.comesIn(to: 3544, at: Link.discoveryGroup))
            for candidate in [port - 1, port + 1, 3544] { #expect(try !traffic.comesIn(to: candidate)) }
            #expect(try !traffic.comesIn(to: port, from: Link.blocked))
            #expect(try traffic.withLongWait.goesOut(from: port))
            #expect(try traffic.withLongWait.goesOut(from: port + 1, to: 3544))
            #expect(try !traffic.goesOut(from: port + 1))
            #expect(try host.shell("ufw status verbose") == before.status)
            #expect(try host.shell("ufw show raw").contains("udp dpt:41234"))

            _ = try firewall.reconcile(nil, policy: Policy())
            #expect(try !traffic.comesIn(to: port))
            #expect(try host.saved() == before.saved)
            #expect(try host.network.listing() == before.listing)
        }
    }

    @Test func `ufw's commands leave the exceptions directly after ufw-before-input`() async throws {
        try await Self.with { host in
            let traffic = try Traffic(host: host.network, peer: host.peer, ports: [port])
            let firewall = try host.firewall()
            _ = try firewall.reconcile(openings, policy: Policy())
            for command in [
                "ufw reload", "ufw allow 80/tcp", "ufw deny 81", "ufw insert 1 deny from 192.0.2.1",
                "ufw delete allow 80/tcp", "ufw default reject incoming", "ufw default deny outgoing",
                "ufw logging high", "ufw --force disable && ufw --force enable", "ufw limit 99",
            ] {
                try host.shell(command)
                let input = try host.rules(of: "INPUT")
                let place = try #require(input.firstIndex { $0.contains("ufw-before-input") })
                #expect(input[place + 1] == exception, "\(command)")
                #expect(input.count { $0.contains("teredowall") } == 2, "\(command)")
                // Adds the exceptions at output, which "ufw default deny outgoing" makes necessary.
                _ = try firewall.reconcile(openings, policy: Policy())
                #expect(try traffic.withLongWait.comesIn(to: port), "\(command)")
                #expect(try !traffic.comesIn(to: port, from: Link.blocked), "\(command)")
            }
            try host.shell("ufw --force reset")
            _ = try firewall.reconcile(openings, policy: Policy())
            _ = try firewall.reconcile(nil, policy: Policy())
            #expect(try !host.saved().contains { $0.contains("teredowall") })
        }
    }
}
