// SPDX-License-Identifier: GPL-2.0-or-later
import Administration
import Firewalls
import Planner
import Platform
import TestSupport
import Testing

private let port: UInt16 = 41234

@Suite(.enabledAsRoot) struct CheckIptablesTests {
    @Test func `check names the rule of ufw that denies, and the chain of the exceptions`() async throws {
        try await IptablesHost.with { host in
            // `check` sends its incoming packets from port 50000.
            try host.shell("ufw --force enable; ufw deny from \(Link.peerAddress) port 50000")
            let denied = try #require(try host.network.check(peer: Link.peerAddress).row("I1"))
            #expect(denied.decision?.table == "ip filter")
            #expect(denied.decision?.chain == "ufw-user-input")
            #expect(denied.remedy?.contains("explicit denial") == true)
            let byDefault = try #require(try host.network.check(peer: Link.blocked).row("I1"))
            #expect(byDefault.text == "dropped by ip filter INPUT: policy drop")
            let saved = try host.saved()

            let firewall = try host.firewall()
            _ = try firewall.reconcile(Openings(ports: [port], clientUser: 0), policy: Policy())
            let open = try #require(try host.network.check(peer: Link.blocked).row("I1"))
            #expect(open.verdict == .passes)
            #expect(open.text.contains("ip filter INPUT"), "\(open.text)")
            _ = try firewall.reconcile(nil, policy: Policy())
            #expect(try host.saved() == saved)
        }
    }

    @Test func `check names iptables-legacy as a possible cause if it is in use`() async throws {
        try await IptablesHost.with { host in
            try host.run("iptables-legacy", "-A", "INPUT", "-p", "udp", "--dport", "\(port)", "-j", "DROP")
            try host.run("iptables-legacy", "-P", "OUTPUT", "DROP")
            let report = try host.network.check()
            #expect(report.passes == false)
            #expect(report.finding("iptables-legacy")?.text.contains("filter") == true)
            for row in ["I1", "O1"] {
                let lost = try #require(report.row(row))
                #expect(lost.verdict == .lost)
                #expect(lost.text.contains("iptables-legacy (table filter)"), "\(lost.text)")
            }
        }
    }
}
