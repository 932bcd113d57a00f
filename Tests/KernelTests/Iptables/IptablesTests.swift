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

/// Rules that an administrator wrote with iptables, as netfilter-persistent restores them.
private let hostRules = """
    *filter
    :INPUT DROP [0:0]
    :FORWARD DROP [0:0]
    :OUTPUT DROP [0:0]
    -A INPUT -i lo -j ACCEPT
    -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A INPUT -m conntrack --ctstate INVALID -j DROP
    -A INPUT -s \(Link.blocked)/32 -j DROP
    -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
    -A INPUT -m limit --limit 3/min -j LOG --log-prefix "dropped: "
    -A OUTPUT -o lo -j ACCEPT
    -A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A OUTPUT -p udp -m udp --dport 53 -j ACCEPT
    -A OUTPUT -j REJECT --reject-with icmp-port-unreachable
    COMMIT

    """

@Suite(.enabledAsRoot) struct IptablesTests {
    /// Runs `body` on a host with the rules above.
    private static func with(_ body: @Sendable (IptablesHost) async throws -> Void) async throws {
        try await IptablesHost.with { host in
            try host.run("iptables-restore", input: hostRules)
            try await body(host)
        }
    }

    @Test func `exactly the exceptions pass, and iptables lists them as its own rules`() async throws {
        try await Self.with { host in
            let before = try (saved: host.saved(), listing: host.network.listing())
            let traffic = try Traffic(
                host: host.network, peer: host.peer, ports: [port - 1, port, port + 1, otherPort, 3544])
            #expect(try !traffic.comesIn(to: port))
            #expect(try !traffic.goesOut(from: port))
            #expect(try !traffic.goesOut(from: port + 1, to: 3544))

            let firewall = try host.firewall()
            let result = try firewall.reconcile(openings, policy: Policy())
            #expect(result.plan.leftAlone == [])
            let attachment = try #require(result.plan.attachments.last)
            #expect(attachment.kind == .iptables)
            #expect(attachment.chains == [ChainName(table, "INPUT"), ChainName(table, "OUTPUT")])
            #expect(try firewall.plan(openings, policy: Policy()).operations == [])
            #expect(try traffic.withLongWait.comesIn(to: port))
            #expect(try traffic.withLongWait.comesIn(to: 3544, at: Link.discoveryGroup))
            #expect(try traffic.withLongWait.goesOut(from: port))
            #expect(try traffic.withLongWait.goesOut(from: port + 1, to: 3544))
            #expect(try !traffic.goesOut(from: port + 1))
            for candidate in [port - 1, port + 1, 3544] { #expect(try !traffic.comesIn(to: candidate)) }
            #expect(try !traffic.comesIn(to: port, from: Link.blocked))

            // The exceptions stand as late as possible: at input before the log rule, which belongs to the default
            // denial, and at output before the reject. T stands for a date with its time.
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
            // iptables finds the exception by the text in which it lists it.
            let listed = try host.run("iptables", "-S", "INPUT").split(separator: "\n").first {
                $0.contains("--dport 41234 ")
            }
            try host.shell("\(try #require(listed).replacing("-A INPUT", with: "iptables -C INPUT"))")

            _ = try firewall.refresh(Openings(ports: [otherPort], clientUser: 0), policy: Policy())
            #expect(try traffic.withLongWait.comesIn(to: otherPort))
            #expect(try !traffic.comesIn(to: port))

            _ = try firewall.reconcile(nil, policy: Policy())
            #expect(try !traffic.comesIn(to: otherPort))
            #expect(try host.saved() == before.saved)
            #expect(try host.network.listing() == before.listing)
        }
    }

    @Test func `a restored copy opens no other port, ends with its lease and is taken over`() async throws {
        try await Self.with { host in
            let before = try host.saved()
            let traffic = try Traffic(host: host.network, peer: host.peer, ports: [port, port + 1])
            let policy = Policy(lease: .seconds(3))
            _ = try host.firewall().reconcile(openings, policy: policy)
            let withExceptions = try host.saved()
            try host.shell("iptables-save > /tmp/saved; iptables-restore < /tmp/saved")
            #expect(try host.saved() == withExceptions)
            // The restored rules are in force, and their exceptions open no other port.
            #expect(try !traffic.comesIn(to: port + 1))
            try await eventually("the copy expires", within: .seconds(15)) {
                try !traffic.comesIn(to: port)
            }
            // The next daemon takes over the copies of teredowall's rules.
            let next = try host.firewall()
            _ = try next.reconcile(openings, policy: Policy())
            #expect(try traffic.withLongWait.comesIn(to: port))
            #expect(try !traffic.comesIn(to: port + 1))
            // One rule for each row.
            #expect(try host.saved().count { $0.contains("teredowall") } == 4)
            _ = try next.reconcile(nil, policy: Policy())
            #expect(try host.saved() == before)
        }
    }

    @Test func `removed exceptions are restored once each`() async throws {
        try await Self.with { host in
            let before = try host.saved()
            let firewall = try host.firewall()
            _ = try firewall.reconcile(openings, policy: Policy())
            // The rules of both chains.
            func rules() throws -> [String] {
                try ["INPUT", "OUTPUT"].flatMap(host.rules)
            }
            let withExceptions = try rules()
            for damage in [
                // Deletes the exception for the port by its number; the first line of the listing is the policy.
                "iptables -D INPUT $(iptables -S INPUT | grep -n 'service port' | cut -d: -f1 | awk '{print $1 - 1}')",
                "iptables -F && iptables-restore -n < /tmp/rules",
                "iptables -F && iptables -X && iptables-restore -n < /tmp/rules",
                "iptables-restore < /tmp/rules",
                // Removes nothing: a commit after which no rule may be added twice.
                "iptables-restore --noflush < /tmp/nothing",
                "nft flush ruleset && iptables-restore < /tmp/rules",
            ] {
                try host.run("tee", "/tmp/rules", input: hostRules)
                try host.run("tee", "/tmp/nothing", input: "*filter\nCOMMIT\n")
                try host.shell(damage)
                _ = try firewall.refresh(openings, policy: Policy())
                _ = try firewall.reconcile(openings, policy: Policy())
                #expect(try rules() == withExceptions, "\(damage)")
            }
            _ = try firewall.reconcile(nil, policy: Policy())
            #expect(try host.saved() == before)
        }
    }

    @Test func `an anchor is used, and an administrator's rule between ours stays`() async throws {
        try await Self.with { host in
            // The jump becomes rule 5, directly after the explicit denials.
            try host.shell("iptables -N teredowall-input; iptables -I INPUT 5 -j teredowall-input")
            let before = try host.saved()
            let traffic = try Traffic(host: host.network, peer: host.peer, ports: [port, otherPort])
            let firewall = try host.firewall()
            let result = try firewall.reconcile(openings, policy: Policy())
            #expect(result.plan.attachments.last?.chains.map(\.name) == ["OUTPUT", "teredowall-input"])
            #expect(try host.rules(of: "INPUT").count { $0.contains("teredowall-input") } == 1)
            #expect(try traffic.withLongWait.comesIn(to: port))
            // Adds an administrator's rule between two rules of teredowall. The listing begins with the policy, so that
            // the index of a rule is its number.
            let number = try #require(try host.rules(of: "OUTPUT").firstIndex { $0.contains("solicitation") })
            try host.shell("iptables -I OUTPUT \(number) -p tcp --dport 9 -j ACCEPT")
            _ = try firewall.refresh(Openings(ports: [otherPort], clientUser: 0), policy: Policy())
            #expect(try traffic.withLongWait.comesIn(to: otherPort))
            #expect(try host.rules(of: "OUTPUT").count { $0.contains("teredowall") } == 2)
            #expect(try host.rules(of: "OUTPUT").contains("-A OUTPUT -p tcp -m tcp --dport 9 -j ACCEPT"))
            try host.shell("iptables -D OUTPUT -p tcp --dport 9 -j ACCEPT")
            _ = try firewall.reconcile(nil, policy: Policy())
            #expect(try host.saved() == before)
        }
    }
}
