// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport
import Testing

private let port: UInt16 = 41234
private let otherPort: UInt16 = 41300
/// User 0, because the sockets of this test belong to root.
private let openings = Openings(ports: [port], clientUser: 0)
private let table = TableName(.ip, "filter")

/// A host whose administrator writes iptables rules, as netfilter-persistent restores them.
private let hostRules = """
    *filter
    :INPUT DROP [0:0]
    :FORWARD DROP [0:0]
    :OUTPUT DROP [0:0]
    -A INPUT -i lo -j ACCEPT
    -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A INPUT -m conntrack --ctstate INVALID -j DROP
    -A INPUT -s 10.64.0.66/32 -j DROP
    -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
    -A INPUT -m limit --limit 3/min -j LOG --log-prefix "dropped: "
    -A OUTPUT -o lo -j ACCEPT
    -A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A OUTPUT -p udp -m udp --dport 53 -j ACCEPT
    -A OUTPUT -j REJECT --reject-with icmp-port-unreachable
    COMMIT

    """

@Suite(.enabledAsRoot) struct IptablesTests {
    private static func with(_ body: @Sendable (IptablesHost) async throws -> Void) async throws {
        try await IptablesHost.with { host in
            try host.run("iptables-restore", input: hostRules)
            try await body(host)
        }
    }

    @Test func `exactly the exceptions pass, and iptables shows them as they are`() async throws {
        try await Self.with { host in
            let before = try (host.saved(), host.network.listing())
            let traffic = try Traffic(
                host: host.network, peer: host.peer, ports: [port - 1, port, port + 1, otherPort, 3544])
            #expect(try !traffic.comesIn(to: port))
            #expect(try !traffic.goesOut(from: port))
            #expect(try !traffic.goesOut(from: port + 1, to: 3544))

            let firewall = try host.firewall()
            let done = try firewall.reconcile(openings, policy: Policy())
            #expect(done.plan.leftAlone == [])
            let place = try #require(done.plan.attachments.last)
            #expect(place.kind == .iptables)
            #expect(place.chains == [ChainName(table, "INPUT"), ChainName(table, "OUTPUT")])
            #expect(try firewall.plan(openings, policy: Policy()).operations == [])
            #expect(try traffic.patient.comesIn(to: port))
            #expect(try traffic.patient.comesIn(to: 3544, at: Link.discoveryGroup))
            #expect(try traffic.patient.goesOut(from: port))
            #expect(try traffic.patient.goesOut(from: port + 1, to: 3544))
            #expect(try !traffic.goesOut(from: port + 1))
            for candidate in [port - 1, port + 1, 3544] { #expect(try !traffic.comesIn(to: candidate)) }
            #expect(try !traffic.comesIn(to: port, from: Link.blocked))

            // As late as possible: before the log rule that belongs to the default denial, and before the
            // reject.
            #expect(
                try host.rules(of: "INPUT").suffix(3) == [
                    "-A INPUT -p udp -m udp --dport 41234 -m time --datestart T --datestop T "
                        + #"-m comment --comment "teredowall: Teredo service port, in" -j ACCEPT"#,
                    "-A INPUT -d 224.0.0.253/32 -p udp -m udp --dport 3544 -m time --datestart T --datestop T "
                        + #"-m comment --comment "teredowall: Teredo local discovery, in" -j ACCEPT"#,
                    #"-A INPUT -m limit --limit 3/min -j LOG --log-prefix "dropped: ""#,
                ])
            #expect(
                try host.rules(of: "OUTPUT").suffix(3) == [
                    "-A OUTPUT -p udp -m udp --sport 41234 -m time --datestart T --datestop T "
                        + #"-m comment --comment "teredowall: Teredo service port, out" -j ACCEPT"#,
                    "-A OUTPUT -p udp -m udp --dport 3544 -m owner --uid-owner 0 "
                        + "-m time --datestart T --datestop T "
                        + #"-m comment --comment "teredowall: Teredo solicitation, out" -j ACCEPT"#,
                    "-A OUTPUT -j REJECT --reject-with icmp-port-unreachable",
                ])
            #expect(try !host.saved().contains { $0.hasPrefix(":teredowall") })
            #expect(try host.run("iptables", "-L", "-n", "-v").contains("udp dpt:41234"))
            let shown = try host.run("iptables", "-S", "INPUT").split(separator: "\n").first {
                $0.contains("--dport 41234 ")
            }
            try host.shell("\(try #require(shown).replacing("-A INPUT", with: "iptables -C INPUT"))")

            _ = try firewall.refresh(Openings(ports: [otherPort], clientUser: 0), policy: Policy())
            #expect(try traffic.patient.comesIn(to: otherPort))
            #expect(try !traffic.comesIn(to: port))

            _ = try firewall.reconcile(nil, policy: Policy())
            #expect(try !traffic.comesIn(to: otherPort))
            #expect(try host.saved() == before.0)
            #expect(try host.network.listing() == before.1)
        }
    }

    @Test func `a saved and restored copy opens no more, is ours and ends with its lease`() async throws {
        try await Self.with { host in
            let before = try host.saved()
            let traffic = try Traffic(host: host.network, peer: host.peer, ports: [port, port + 1])
            let policy = Policy(lease: .seconds(3))
            _ = try host.firewall().reconcile(openings, policy: policy)
            let up = try host.saved()
            try host.shell("iptables-save > /tmp/saved; iptables-restore < /tmp/saved")
            #expect(try host.saved() == up)
            // Shows that the rules in iptables' tables, not those in our own table, decide which packets come
            // in.
            #expect(try !traffic.comesIn(to: port + 1))
            try await eventually("the copy expires", within: .seconds(15)) {
                try !traffic.comesIn(to: port)
            }
            // And the copy of our chain is taken over by the next daemon.
            let next = try host.firewall()
            _ = try next.reconcile(openings, policy: Policy())
            #expect(try traffic.patient.comesIn(to: port))
            #expect(try !traffic.comesIn(to: port + 1))
            let copies = try host.saved().filter { $0.contains("teredowall") }
            #expect(copies.count == 4)
            _ = try next.reconcile(nil, policy: Policy())
            #expect(try host.saved() == before)
        }
    }

    @Test func `flushed exceptions are put back once`() async throws {
        try await Self.with { host in
            let before = try host.saved()
            let firewall = try host.firewall()
            _ = try firewall.reconcile(openings, policy: Policy())
            func shown() throws -> [String] {
                try ["INPUT", "OUTPUT"].flatMap(host.rules)
            }
            let up = try shown()
            for damage in [
                "iptables -D INPUT $(iptables -S INPUT | grep -n 'service port' | cut -d: -f1 | awk '{print $1 - 1}')",
                "iptables -F && iptables-restore -n < /tmp/rules",
                "iptables -F && iptables -X && iptables-restore -n < /tmp/rules",
                "iptables-restore < /tmp/rules", "iptables-restore -n --noflush < /tmp/nothing",
                "nft flush ruleset && iptables-restore < /tmp/rules",
            ] {
                try host.run("tee", "/tmp/rules", input: hostRules)
                try host.run("tee", "/tmp/nothing", input: "*filter\nCOMMIT\n")
                try host.shell(damage)
                _ = try firewall.refresh(openings, policy: Policy())
                _ = try firewall.reconcile(openings, policy: Policy())
                #expect(try shown() == up, "\(damage)")
            }
            _ = try firewall.reconcile(nil, policy: Policy())
            #expect(try host.saved() == before)
        }
    }

    @Test func `an administrator's rules between ours and an anchor are respected`() async throws {
        try await Self.with { host in
            try host.shell("iptables -N teredowall-input; iptables -I INPUT 5 -j teredowall-input")
            let before = try host.saved()
            let traffic = try Traffic(host: host.network, peer: host.peer, ports: [port, otherPort])
            let firewall = try host.firewall()
            let done = try firewall.reconcile(openings, policy: Policy())
            #expect(done.plan.attachments.last?.chains.map(\.name) == ["OUTPUT", "teredowall-input"])
            #expect(try host.rules(of: "INPUT").count { $0.contains("teredowall-input") } == 1)
            #expect(try traffic.patient.comesIn(to: port))
            // An administrator's rule between two rules of ours.
            let number = try #require(try host.rules(of: "OUTPUT").firstIndex { $0.contains("solicitation") })
            try host.shell("iptables -I OUTPUT \(number) -p tcp --dport 9 -j ACCEPT")
            _ = try firewall.refresh(Openings(ports: [otherPort], clientUser: 0), policy: Policy())
            #expect(try traffic.patient.comesIn(to: otherPort))
            #expect(try host.rules(of: "OUTPUT").count { $0.contains("teredowall") } == 2)
            #expect(try host.rules(of: "OUTPUT").contains("-A OUTPUT -p tcp -m tcp --dport 9 -j ACCEPT"))
            try host.shell("iptables -D OUTPUT -p tcp --dport 9 -j ACCEPT")
            _ = try firewall.reconcile(nil, policy: Policy())
            #expect(try host.saved() == before)
        }
    }
}
