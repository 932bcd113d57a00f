// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport

/// Generates nft rulesets with conditions and statements of every kind, in combinations that may be unrealistic.
struct RandomRuleset {
    private var random: SeededGenerator
    private var chains: [String] = []
    /// The number of chains named so far.
    private var names = 0

    /// The constant makes the sequence differ from those of other generators with the same seed.
    init(seed: UInt64) { random = SeededGenerator(state: seed ^ 0x0AC1E) }

    /// The text of one ruleset: an input chain and, each with some probability, two chains at prerouting, a second
    /// one at input, and one at output.
    static func text(seed: UInt64) -> String {
        var ruleset = RandomRuleset(seed: seed)
        return ruleset.make()
    }

    private mutating func make() -> String {
        if random.chance(40) { base("pre", "prerouting", "raw", isDropped: false, at: .early, rules: 2) }
        if random.chance(25) { base("mark", "prerouting", "mangle", isDropped: false, at: .early, rules: 2) }
        base("in", "input", "filter", isDropped: random.chance(70), at: .input, rules: 4)
        if random.chance(25) { base("late", "input", "10", isDropped: false, at: .input, rules: 2) }
        if random.chance(50) {
            base("out", "output", "filter", isDropped: random.chance(70), at: .output, rules: 4)
        }
        if random.chance(15) {
            chains.append(" chain nat { type nat hook postrouting priority 100; udp sport 53 masquerade; }\n")
            chains.append(
                " chain to { type nat hook prerouting priority -100; udp dport 53 redirect to :54; }\n")
        }
        // nft refuses conditions on IPv6 in the family ip; another attempt follows then.
        let family = random.chance(30) ? "ip" : "inet"
        return "table \(family) f {\n" + Self.objects + chains.joined() + "}\n"
    }

    /// When a chain sees packets: at prerouting (early), at input or at output.
    private enum Stage { case early, input, output }

    private mutating func one(of texts: [String]) -> String {
        texts.randomElement(using: &random) ?? "counter"
    }

    /// Adds a base chain with one to `rules` random rules, and with the policy drop if `isDropped` is set.
    private mutating func base(
        _ name: String, _ hook: String, _ priority: String, isDropped: Bool, at stage: Stage, rules: Int
    ) {
        var lines = [
            "type filter hook \(hook) priority \(priority); policy \(isDropped ? "drop" : "accept");"
        ]
        if stage != .early { lines.append("\(stage == .input ? "iif" : "oif") \"lo\" accept") }
        for _ in 0..<Int.random(in: 1...rules, using: &random) { lines.append(rule(stage, depth: 0)) }
        if stage != .early, random.chance(40) {
            lines.append(one(of: ["drop", "reject", "counter drop", "ct state new drop"]))
        }
        chains.append(" chain \(name) {\n  \(lines.joined(separator: "\n  "))\n }\n")
    }

    private mutating func rule(_ stage: Stage, depth: Int) -> String {
        var words: [String] = []
        for _ in 0..<Int.random(in: 0...2, using: &random) { words.append(condition(stage)) }
        if random.chance(30) { words.append(statement(stage)) }
        if words.isEmpty { words.append(condition(stage)) }
        if depth < 2, random.chance(25) { return (words + [jump(stage, depth)]).joined(separator: " ") }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: words.append(stage == .early ? "notrack" : "accept")
        case 4..<7: words.append("drop")
        case 7: words.append(stage == .early ? "return" : "reject")
        case 8: words.append("return")
        default: break
        }
        return words.joined(separator: " ")
    }

    /// Adds a chain, and returns a verdict that leads to it.
    private mutating func jump(_ stage: Stage, _ depth: Int) -> String {
        names += 1
        let name = "c\(names)"
        var lines: [String] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) { lines.append(rule(stage, depth: depth + 1)) }
        chains.append(" chain \(name) {\n  \(lines.joined(separator: "\n  "))\n }\n")
        return random.chance(50)
            ? "jump \(name)"
            : one(of: [
                "goto \(name)", "meta l4proto vmap { udp : jump \(name), tcp : accept }",
                "iifname vmap { \"eth0\" : goto \(name), \"lo\" : accept }",
                "ct state vmap { new : jump \(name), untracked : jump \(name), invalid : drop }",
            ])
    }

    private mutating func condition(_ stage: Stage) -> String {
        let ofThisHook =
            switch stage {
            case .early, .input: Self.incoming
            case .output: Self.outgoing
            }
        return one(of: random.chance(65) ? Self.common : ofThisHook)
    }

    private mutating func statement(_ stage: Stage) -> String {
        one(
            of: stage == .early
                ? Self.statements + Self.earlyStatements : Self.statements)
    }

    /// The named objects to which rules refer.
    private static let objects = """
         counter seen { }
         counter udps { }
         counter tcps { }
         limit some { rate 100000/second }
         quota much { over 10000 mbytes }
         ct helper ftp-standard { type "ftp" protocol tcp; }
         set hosts { type ipv4_addr; elements = { 198.51.100.1, 198.51.100.2 } }
         set nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.0.0/16 } }
         set timed { type ipv4_addr; flags timeout; elements = { 198.51.100.3 timeout 1h } }
         set learned { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
         set ports { type inet_service; flags interval; elements = { 53, 40000-42000 } }
         set pairs { type inet_proto . inet_service; elements = { udp . 53, tcp . 22, udp . 41234 } }
         set ranges { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 1-1000, 172.16.0.0/12 . 41000-42000 } }
         map marks { type inet_proto : mark; elements = { udp : 0x7, tcp : 0x8 } }
         map ways { type inet_service : verdict; elements = { 53 : accept, 41234 : return } }

        """

    /// Conditions for chains at every hook.
    private static let common = [
        "meta l4proto udp", "meta l4proto { tcp, udp }", "ip protocol tcp", "meta l4proto != tcp",
        "meta nfproto ipv4",
        "meta nfproto ipv6", "udp dport 53", "udp dport 41234", "udp dport 41000-41999",
        "udp dport { 53, 3544 }",
        "udp dport != 53", "udp sport 53", "udp dport @ports", "udp length > 1000", "udp length 8-1400",
        "th dport 3544",
        "ct state new", "ct state { new, untracked }", "ct state established,related", "ct state invalid",
        "ct state & (new | untracked) != 0", "ct state != established", "ct direction original",
        "ct mark 0x2",
        "ct mark & 0xff == 0x0", "ct status dnat", "ct status & snat == 0x0", "ct expiration > 10s",
        "ct zone 0",
        "meta mark 0x0", "meta mark 0x1", "meta mark != 0x1", "meta mark & 0xff == 0x7", "meta mark 0x1-0x8",
        "meta length > 1200", "meta length 28-1500", "meta priority 0:0", "meta protocol ip",
        "meta cpu < 1024",
        "ip ttl > 200", "ip dscp cs1", "ip version 4", "ip hdrlength 5", "ip frag-off & 0x1fff == 0x0",
        "meta l4proto . th dport @pairs", "meta mark vmap { 0x1 : drop, 0x9 : drop }", "udp dport vmap @ways",
        "ip length < 1200", "@th,16,16 41234", "@nh,72,8 17",
        "meta day { \"Monday\", \"Tuesday\", \"Wednesday\", \"Thursday\", \"Friday\", \"Saturday\", \"Sunday\" }",
        "ct original protocol udp", "exthdr hbh exists",
        "ip option lsrr exists", "ip option rr exists", "tcp option maxseg exists",
        "tcp option maxseg size 1-500",
        "exthdr frag exists", "ip ttl < 3", "ip ttl 64",
        "meta l4proto . th dport { udp . 53, udp . 40000, tcp . 22 }",
        "meta l4proto . th dport != { udp . 53, tcp . 22 }",
        "meta l4proto . th dport { udp . 40000-41999, tcp . 22 }",
        "meta l4proto . th dport vmap { udp . 53 : drop, udp . 41234 : return, tcp . 22 : accept }",
        "ct state . meta l4proto { new . udp, established . tcp }",
        "meta l4proto . ct state vmap { tcp . new : drop, udp . invalid : drop }",
        "ct helper \"ftp\"", "ct helper != \"ftp\"", "ct label 3", "ct label != 3",
        "ct original ip saddr 6.6.6.1",
        "ct reply ip daddr != 10.0.0.1", "numgen random mod 1000000 5", "numgen inc mod 100000 50000",
        "udp dport != 41000-42000",
        "jhash ip saddr mod 100000 seed 0x1 5", "symhash mod 100000 5",
        "udp dport vmap { 53 : drop, * : continue }", "meta l4proto vmap { tcp : drop, * : return }",
        "quota over 0 bytes", "quota 0 bytes", "ct count over 0", "@ll,96,16 0x0800",
        "ip saddr { 10.0.0.0/8, * }",
    ]
    /// Conditions for incoming packets.
    private static let incoming = [
        "iifname \"eth0\"", "iif \"eth0\"", "iifname \"eth*\"", "iifname != \"eth0\"",
        "iifname { \"eth0\", \"eth1\" }",
        "iifgroup 0", "iifgroup != 0", "iiftype ether", "ip saddr 10.0.0.0/8", "ip saddr != 10.0.0.0/8",
        "ip saddr @hosts",
        "ip saddr != @hosts", "ip saddr @nets", "ip saddr @timed", "ip saddr @learned", "ip daddr 6.6.6.2",
        "ip daddr 224.0.0.0/4", "ip daddr != 224.0.0.0/4", "fib daddr type local", "fib daddr type multicast",
        "fib daddr type { local, multicast }", "fib saddr . iif oif exists", "fib saddr . iif oif missing",
        "fib saddr type unicast", "meta pkttype host", "meta pkttype multicast",
        "meta pkttype { broadcast, multicast }",
        "ip saddr . udp dport @ranges", "ip saddr & 255.0.0.0 == 10.0.0.0", "rt ipsec missing",
        "rt ipsec exists", "socket transparent 1", "socket transparent 0", "ip daddr @hosts",
        "ip daddr != @nets", "ip daddr . udp dport { 6.6.6.2 . 53, 6.6.6.2 . 41234 }",
        "iifname . meta l4proto { \"eth0\" . udp, \"eth1\" . tcp }", "meta sdif 0",
    ]
    /// Conditions for outgoing packets.
    private static let outgoing = [
        "oifname \"eth0\"", "oif \"eth0\"", "oifname != \"lo\"", "oifgroup 0", "oiftype ether",
        "meta skuid 0",
        "meta skuid 4711", "meta skuid != 4711", "meta skuid { 0, 33 }", "udp sport 41234",
        "udp sport 41000-42000",
        "ip daddr 10.0.0.0/8", "ip daddr != 10.0.0.0/8", "ip daddr @hosts", "ip daddr != @nets",
        "ip saddr 6.6.6.2",
        "fib daddr type local", "fib daddr type unicast",
        "udp sport . udp dport { 41234 . 1-65535, 53 . 53 }",
        "meta skgid 12345", "meta skgid != 12345", "meta cgroup 5", "meta cgroup != 5",
        "rt ip nexthop 6.6.6.1", "oifname vmap { \"tun9\" : accept }",
    ]
    /// Statements for chains before connection tracking and before routing.
    private static let earlyStatements = [
        "meta mark set 0x1", "ct mark set 0x2", "ct label set 3", "ct zone set 3", "ip ttl set 64",
        "meta mark set meta mark << 4", "udp dport 53 udp dport set 54",
        "ip saddr 10.9.9.9 ip saddr set 10.9.9.8",
        "tcp dport 22 tcp dport set 23", "ip id set 7",
    ]
    /// Statements without a verdict.
    private static let statements = [
        "counter", "counter name seen", "counter name ip protocol map { tcp : \"tcps\", udp : \"udps\" }",
        "log prefix \"x \"",
        "limit rate 100000/second", "limit rate over 100000/second", "limit name some",
        "quota over 10000 mbytes",
        "quota name much", "ct count over 100000", "meta mark set 0x1",
        "meta mark set meta l4proto map @marks",
        "meta mark set meta mark | 0x10", "ct mark set meta mark", "meta priority set 0:0",
        "add @learned { ip saddr }",
        "update @learned { ip saddr limit rate over 100000/second }", "ip dscp set cs1", "meta nftrace set 0",
        "meta mark set udp dport map { 41234 : 0x3, 53 : 0x4 }", "ct mark set meta mark << 4 | 0x1",
        "ct label set 3",
        "synproxy mss 1460 wscale 7 timestamp",
    ]
}
