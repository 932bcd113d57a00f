// SPDX-License-Identifier: GPL-2.0-or-later
import Administration
import Firewalls
import Nftables
import Planner
import Platform
import TeredoProtocol
import TestSupport
import Testing

private let port: UInt16 = 41234
/// A port that the exceptions do not open.
private let closedPort: UInt16 = 41235
/// The user for which the exceptions open O2. A probe needs no account of the user.
private let clientUser: UInt32 = 4711
private let otherUser: UInt32 = 4712

/// The outcome of a probe for each of the four rows, by the row's name.
private func outcomes(
    on link: Link, port: UInt16 = port, user: UInt32? = nil, from peer: String = Link.peerAddress
) throws -> [String: ProbeOutcome] {
    let addresses = [Link.hostAddress, peer, Link.discoveryGroup].compactMap { IPv4Address($0) }
    let (host, remote, group) = (addresses[0], addresses[1], addresses[2])
    let rows: [(String, Probe)] = [
        ("I1", Probe(.in, from: remote, port: 50000, to: host, port: port)),
        ("I2", Probe(.in, from: remote, port: 50000, to: group, port: 3544)),
        ("O1", Probe(.out(user: nil), from: host, port: port, to: remote, port: 50000)),
        ("O2", Probe(.out(user: user), from: host, port: 50001, to: remote, port: 3544)),
    ]
    return try link.run {
        let wire = try #require(NetworkInterface(named: "wire"))
        let prober = try Prober(interface: wire)
        // False only for kernels before 5.10, whose family inet has no ingress hook.
        #expect(prober.tracesIngress)
        return try Dictionary(uniqueKeysWithValues: rows.map { ($0.0, try prober.outcome(of: $0.1)) })
    }
}

extension Link {
    /// Runs `body` on the host, and keeps the peer's namespace alive until it returns.
    fileprivate func run<Result>(_ body: () throws -> Result) throws -> Result {
        try withExtendedLifetime(peer) {
            try host.run { () throws(any Error) -> Result in
                try HostGuard.check()
                return try body()
            }
        }
    }
}

extension ProbeOutcome {
    /// Whether the packet arrived.
    fileprivate var isPassing: Bool { if case .passes = self { true } else { false } }

    /// The chain that dropped the packet; nil if it was not dropped.
    fileprivate var blocker: String? {
        if case .blocked(let decision) = self { decision.chain.description } else { nil }
    }
}

@Suite(.enabledAsRoot) struct ProberTests {
    @Test(arguments: HostRules.all)
    func `probes pass as far as the host's rules permit, and all pass with the exceptions`(
        ruleset: HostRules
    ) throws {
        let link = try Link(ruleset.text())
        let member = try DatagramSocket(in: link.host, port: 3544)
        try member.join(Link.discoveryGroup, on: Link.hostAddress)
        let before = try link.host.listing()

        let closed = try outcomes(on: link)
        #expect(closed["I1"]?.isPassing == !ruleset.dropsInput)
        #expect(closed["I2"]?.isPassing == !ruleset.dropsInput)
        #expect(closed["O1"]?.isPassing == !ruleset.dropsOutput)
        #expect(closed["O2"]?.isPassing == !ruleset.dropsOutput)
        #expect(try link.host.listing() == before)

        let firewall = try link.firewall()
        _ = try firewall.reconcile(Openings(ports: [port], clientUser: clientUser), policy: Policy())
        let listingWithExceptions = try link.host.listing()
        let open = try outcomes(on: link, user: clientUser)
        for row in open { #expect(row.value.isPassing, "\(row)") }
        // The exceptions are for another port and another user.
        let notCovered = try outcomes(on: link, port: closedPort, user: otherUser)
        #expect(notCovered["I1"]?.isPassing == !ruleset.dropsInput)
        #expect(notCovered["O2"]?.isPassing == !ruleset.dropsOutput)
        #expect(try link.host.listing() == listingWithExceptions)
        #expect(try member.receive() == nil)
    }

    @Test(arguments: Obstacle.all)
    fileprivate func `the obstacle is reported, and the ruleset is unchanged`(obstacle: Obstacle) throws {
        let link = try Link(RulesFolder.text("hosts/strict.nft") + obstacle.rules)
        try link.host.command("sysctl", ["-qw", "net.ipv4.ip_forward=1"])
        let member = try DatagramSocket(in: link.host, port: 3544)
        try member.join(Link.discoveryGroup, on: Link.hostAddress)
        let owner = try obstacle.ownedRules.map { try OwnedTable($0, on: link.host) }
        defer { withExtendedLifetime(owner) {} }
        let firewall = try link.firewall()
        _ = try firewall.reconcile(Openings(ports: [port], clientUser: clientUser), policy: Policy())
        let before = try link.host.nft("-a", "-s", "list", "ruleset")
        let found = try outcomes(on: link, user: clientUser)
        for (row, outcome) in found.sorted(by: { $0.key < $1.key }) {
            if obstacle.rows.contains(row) {
                #expect(obstacle.isExpected(outcome), "\(row): \(outcome)")
            } else {
                #expect(outcome.isPassing, "\(row): \(outcome)")
            }
        }
        #expect(try link.host.nft("-a", "-s", "list", "ruleset") == before)
        #expect(try member.receive() == nil)
    }

    @Test func `no packet leaves the host, not even a rejection, and no connection is tracked`() throws {
        let link = try Link(
            """
            table inet filter {
                chain input {
                    type filter hook input priority filter; policy accept
                    ct state established,related accept
                    udp dport \(port) reject
                }
                chain output {
                    type filter hook output priority filter; policy accept
                    udp sport \(closedPort) reject
                    ct state new accept
                }
            }
            """)
        try link.peer.nft(
            load: """
                table inet seen {
                    chain seen {
                        type filter hook prerouting priority -500
                        ip protocol { udp, icmp } counter comment "seen"
                    }
                }
                """)
        // Repeated, to find packets that leave only sometimes.
        for _ in 0..<5 {
            #expect(try outcomes(on: link)["I1"]?.blocker == "inet filter input")
            #expect(try outcomes(on: link, port: closedPort)["O1"]?.blocker == "inet filter output")
        }
        let peer = try link.peer.connection()
        #expect(try packets("seen", in: TableName(.inet, "seen"), of: peer) == 0)
        // To show that the counter works: it counts a packet that the host does send.
        try DatagramSocket(in: link.host, port: port).send(to: Link.peerAddress, port: 9)
        #expect(try packets("seen", in: TableName(.inet, "seen"), of: peer) == 1)
        // The one connection is that of the packet sent above.
        let connections = try link.host.command("cat", ["/proc/sys/net/netfilter/nf_conntrack_count"])
        #expect(connections == "1\n")
    }

    @Test func `a refusal by routing is not attributed to a rule`() throws {
        let link = try Link()
        // The second is an address of the same network that no host has.
        let addresses = [Link.peerAddress, "10.64.0.77"].compactMap { IPv4Address($0) }
        let outcome = try link.run {
            let wire = try #require(NetworkInterface(named: "wire"))
            return try Prober(interface: wire).outcome(
                of: Probe(.in, from: addresses[0], port: 50000, to: addresses[1], port: port))
        }
        #expect(outcome == .lost(.routing))
        #expect(try outcomes(on: link)["I2"] == .lost(.routing), "no socket is in the group")
    }

    @Test func `a tunnel without Ethernet addresses is examined as well`() throws {
        let link = try Link(RulesFolder.text("hosts/strict.nft"))
        try link.host.command("ip", ["tuntap", "add", "ppp7", "mode", "tun"])
        try link.host.command("ip", ["address", "add", "10.65.0.1/24", "dev", "ppp7"])
        try link.host.command("ip", ["link", "set", "ppp7", "up"])
        let addresses = ["10.65.0.2", "10.65.0.1"].compactMap { IPv4Address($0) }
        let outcome = try link.run {
            let tunnel = try #require(NetworkInterface(named: "ppp7"))
            return try Prober(interface: tunnel).outcome(
                of: Probe(.in, from: addresses[0], port: 50000, to: addresses[1], port: port))
        }
        #expect(outcome.blocker == "inet filter input")
    }

    @Test func `concurrent examinations each report their own packets`() async throws {
        let link = try Link(RulesFolder.text("hosts/strict.nft"))
        _ = try link.firewall().reconcile(Openings(ports: [port], clientUser: clientUser), policy: Policy())
        let before = try link.host.listing()
        let workers = try (0..<8).map { number in
            let isOpen = number % 2 == 0
            return try WorkerThread(name: "prober") {
                for _ in 0..<10 {
                    let found = try? outcomes(on: link, port: isOpen ? port : closedPort, user: clientUser)
                    #expect(found?["I1"]?.isPassing == isOpen, "\(String(describing: found))")
                    #expect(found?["O1"]?.isPassing == isOpen, "\(String(describing: found))")
                    #expect(found?["O2"]?.isPassing == true, "\(String(describing: found))")
                }
            }
        }
        for worker in workers { worker.join() }
        #expect(try link.host.listing() == before)
    }
}

/// Rules that affect Teredo's packets in spite of the exceptions in a strict firewall, and the outcome that the
/// prober must report.
private struct Obstacle: CustomTestStringConvertible {
    var testDescription: String
    var rules = ""
    /// Rules in a table that another process owns.
    var ownedRules: OwnedTable.Contents?
    /// The rows that the obstacle concerns.
    var rows: Set<String>
    var isExpected: @Sendable (ProbeOutcome) -> Bool

    init(
        _ name: String, _ rules: String = "", owned: OwnedTable.Contents? = nil, rows: Set<String>,
        _ isExpected: @escaping @Sendable (ProbeOutcome) -> Bool
    ) {
        testDescription = name
        self.rules = rules
        ownedRules = owned
        self.rows = rows
        self.isExpected = isExpected
    }

    private static func chain(
        _ family: String, _ hook: String, _ priority: String, _ rule: String, type: String = "filter"
    ) -> String {
        """

        table \(family) other {
            chain other {
                type \(type) hook \(hook) priority \(priority)
                \(rule)
            }
        }
        """
    }

    /// Expects a denial by a rule, not by the policy, of the chain "other".
    private static func byRule(_ family: String) -> @Sendable (ProbeOutcome) -> Bool {
        { outcome in
            guard case .blocked(let decision) = outcome else { return false }
            return decision.chain.description == "\(family) other other" && decision.handle != nil
        }
    }

    /// Expects that a rule of the chain "other" changes the destination, and then this outcome; nil for any
    /// outcome.
    private static func redirection(
        _ family: String, _ end: ProbeOutcome?
    ) -> @Sendable (ProbeOutcome) -> Bool {
        { outcome in
            guard case .redirected(let decision, let afterwards) = outcome else { return false }
            return decision.chain.description == "\(family) other other"
                && (end == nil || afterwards == end)
        }
    }

    static let all: [Obstacle] = [
        Obstacle(
            "explicit drop at input", chain("inet", "input", "-5", "udp dport \(port) drop"), rows: ["I1"],
            byRule("inet")),
        Obstacle(
            "reject of a source", chain("ip", "input", "10", "ip saddr \(Link.peerAddress) reject"),
            rows: ["I1", "I2"],
            byRule("ip")),
        Obstacle(
            "drop in raw prerouting", chain("ip", "prerouting", "raw", "udp dport \(port) drop"),
            rows: ["I1"],
            byRule("ip")),
        Obstacle(
            "drop at the interface",
            chain("netdev", "ingress device \"wire\"", "0", "udp dport \(port) drop"), rows: ["I1"],
            byRule("netdev")),
        Obstacle(
            "drop at output", chain("inet", "output", "5", "udp sport \(port) drop"), rows: ["O1"],
            byRule("inet")),
        Obstacle(
            "drop at postrouting", chain("ip", "postrouting", "mangle", "udp dport 3544 drop"), rows: ["O2"],
            byRule("ip")),
        // In translations, `Link.blocked` is only an address that the host does not have.
        Obstacle(
            "translation to another host",
            chain("ip", "prerouting", "dstnat", "udp dport \(port) dnat to \(Link.blocked)", type: "nat"),
            rows: ["I1"], redirection("ip", .forwarded)),
        Obstacle(
            "redirection to another port",
            chain("inet", "prerouting", "dstnat", "udp dport \(port) redirect to :5000", type: "nat"),
            rows: ["I1"], redirection("inet", nil)),
        Obstacle(
            "redirection on the way out",
            chain("inet", "output", "-100", "udp dport 3544 dnat ip to \(Link.blocked)", type: "nat"),
            rows: ["O2"], redirection("inet", nil)),
        Obstacle(
            "a table that another process owns", owned: .init(hook: .input, policy: .drop),
            rows: ["I1", "I2"]
        ) { $0.blocker == "inet owned owned" },
    ]
}

/// A table owned by another socket (`NFT_TABLE_F_OWNER`), as some VPN programs make it.
private final class OwnedTable {
    struct Contents: Sendable {
        var hook: Hook
        var policy: BaseChain.Policy
    }

    private static let ownedFlag: UInt32 = 2  // NFT_TABLE_F_OWNER
    private let connection: RulesetConnection

    init(_ contents: Contents, on host: NetworkNamespace) throws {
        connection = try host.connection()
        let table = TableName(.inet, "owned")
        try connection.commit([
            .addTable(Table(table, flags: Self.ownedFlag)),
            .addChain(
                Chain(
                    ChainName(table, "owned"),
                    base: BaseChain(hook: contents.hook, policy: contents.policy))),
        ])
    }
}
