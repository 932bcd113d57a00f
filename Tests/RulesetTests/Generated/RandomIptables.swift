// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport

/// Generates rulesets for `iptables-restore` with matches and targets of every kind that the test machines have. Those that
/// need other programs or modules are left out: set, nfacct, rateest, osf.
struct RandomIptables {
    private var random: SeededGenerator
    private var chains: [String] = []
    private var rules: [String] = []

    /// The constant makes the sequence differ from those of other generators with the same seed.
    init(seed: UInt64) { random = SeededGenerator(state: seed ^ 0x1B7AB1E5) }

    /// The text of one ruleset: rules in the table filter and, each with some probability, in raw and mangle.
    static func text(seed: UInt64) -> String {
        var ruleset = RandomIptables(seed: seed)
        return ruleset.make()
    }

    private mutating func make() -> String {
        var text = ""
        if random.chance(40) {
            for _ in 0..<count(2) { early("PREROUTING", Self.rawTargets, Self.rawConditions) }
            if random.chance(30) { early("OUTPUT", Self.rawTargets, []) }
            text += table("raw", policies: [])
        }
        if random.chance(40) {
            for _ in 0..<count(3) { early("PREROUTING", Self.mangleTargets, Self.mangleConditions) }
            if random.chance(30) { early("OUTPUT", Self.mangleTargets, []) }
            text += table("mangle", policies: [])
        }
        let policies = ["INPUT", "OUTPUT"].map { chain in
            let isDropped = random.chance(chain == "INPUT" ? 60 : 25)
            rules.append("-A \(chain) -\(chain == "INPUT" ? "i" : "o") lo -j ACCEPT")
            for _ in 0..<count(chain == "INPUT" ? 4 : 2) { rule(chain, isOut: chain == "OUTPUT", depth: 0) }
            if random.chance(25) { rules.append("-A \(chain) -j \(one(of: ["DROP", "REJECT"]))") }
            return ":\(chain) \(isDropped ? "DROP" : "ACCEPT") [0:0]"
        }
        return text + table("filter", policies: policies)
    }

    private mutating func count(_ most: Int) -> Int { Int.random(in: 1...most, using: &random) }

    private mutating func one(of texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }

    /// The text of a table with the rules so far, which are then forgotten.
    private mutating func table(_ name: String, policies: [String]) -> String {
        defer { (chains, rules) = ([], []) }
        return (["*\(name)"] + policies + chains.map { ":\($0) - [0:0]" } + rules + ["COMMIT", ""])
            .joined(separator: "\n")
    }

    /// Adds a rule to a chain of the table raw or mangle.
    private mutating func early(_ chain: String, _ targets: [String], _ conditions: [String]) {
        let others =
            random.chance(40)
            ? one(of: conditions.isEmpty || random.chance(60) ? Self.common : conditions) : ""
        rules.append("-A \(chain) \(one(of: Self.protocols)) \(others) -j \(one(of: targets))")
    }

    /// Adds a rule to a chain of the table filter.
    private mutating func rule(_ chain: String, isOut: Bool, depth: Int) {
        var words = [one(of: Self.protocols)]
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            words.append(one(of: random.chance(70) ? Self.common : isOut ? Self.outgoing : Self.incoming))
        }
        if depth < 2, random.chance(20) {
            let target = "c\(chains.count)"
            chains.append(target)
            words.append("\(one(of: ["-j", "-g"])) \(target)")
            for _ in 0..<count(3) { rule(target, isOut: isOut, depth: depth + 1) }
        } else if random.chance(25) {
            words.append("-j \(one(of: Self.targets))")
        } else if random.chance(95) {
            words.append("-j \(one(of: ["ACCEPT", "ACCEPT", "DROP", "DROP", "REJECT", "RETURN"]))")
        }
        rules.append("-A \(chain) " + words.joined(separator: " "))
    }

    private static let protocols = [
        "", "", "", "-p udp", "-p udp", "-p tcp", "! -p tcp", "-p udp --dport 41234", "-p udp --sport 53",
        "-p udp -m multiport --dports 53,40000:42000", "-p udp -m multiport ! --ports 53,54", "-p icmp",
        "-p tcp --dport 22", "-p tcp --syn",
    ]
    /// Conditions for chains of every table and direction.
    private static let common = [
        "-m conntrack --ctstate NEW", "-m conntrack --ctstate NEW,UNTRACKED",
        "-m conntrack ! --ctstate ESTABLISHED",
        "-m conntrack --ctstate INVALID", "-m conntrack --ctstatus NONE", "-m conntrack --ctproto udp",
        "-m conntrack --ctstate UNTRACKED --ctproto udp", "-m conntrack ! --ctorigsrc 10.0.0.0/8",
        "-m state --state NEW", "-m state --state UNTRACKED", "-m mark --mark 0x1", "-m mark ! --mark 0x1",
        "-m mark --mark 0x0/0xff", "-m connmark --mark 0x0", "-m connmark ! --mark 0x1",
        "-m connmark --mark 0x7",
        "-m recent --name seen --rcheck", "-m recent --name seen ! --rcheck", "-m recent --name all --set",
        "-m hashlimit --hashlimit-above 100000/sec --hashlimit-burst 1000 --hashlimit-mode srcip --hashlimit-name above",
        "-m hashlimit --hashlimit-upto 100000/sec --hashlimit-burst 1000 --hashlimit-mode srcip --hashlimit-name upto",
        "-m iprange --src-range 10.0.0.1-10.9.9.9", "-m iprange ! --dst-range 10.0.0.1-10.9.9.9",
        "-m limit --limit 10000/sec --limit-burst 1000", "-m statistic --mode random --probability 0",
        "-m statistic --mode random ! --probability 0", "-m statistic --mode random --probability 1",
        "-m u32 --u32 \"6&0xFF=17\"", "-m u32 ! --u32 \"6&0xFF=17\"", "-m u32 --u32 \"22&0xFFFF=0x0008\"",
        "-m u32 --u32 \"0>>22&0x3C@0&0xFFFF=0xA112\"", "-m u32 --u32 \"0>>22&0x3C@0>>16=0:1023\"",
        "-m connlabel --label 1", "-m connlimit --connlimit-above 100000", "-m connlimit --connlimit-above 0",
        "-m connlimit --connlimit-upto 0", "-m helper --helper ftp", "-m helper ! --helper ftp",
        "-m string --algo bm --string unlikely", "-m string --algo bm ! --string unlikely",
        "-m dscp --dscp 8",
        "-m dscp ! --dscp 8", "-m tos --tos 0x10", "-m ecn --ecn-ip-ect 1", "-m ecn ! --ecn-ip-ect 1",
        "-m ttl --ttl-lt 3", "-m ttl --ttl-gt 200", "-m length --length 28:1500",
        "-m length ! --length 28:1500",
        "-m quota --quota 0", "-m quota --quota 100000000", "-m quota ! --quota 0", "-m cpu --cpu 900",
        "-m cpu ! --cpu 900", "-m comment --comment x", "-m policy --dir in --pol none",
        "-m bpf --bytecode \"1,6 0 0 0\"",
        "-m time --timestart 00:00 --timestop 23:59", "-m pkttype --pkt-type host",
        "-m pkttype ! --pkt-type multicast",
    ]
    /// Conditions for the chain INPUT.
    private static let incoming = [
        "-i eth0", "! -i eth0", "-i eth+", "-s 10.0.0.0/8", "! -s 10.0.0.0/8", "-d 224.0.0.0/4",
        "! -d 224.0.0.0/4",
        "-m addrtype --dst-type LOCAL", "-m addrtype --dst-type MULTICAST", "-m addrtype ! --dst-type LOCAL",
        "-m addrtype --src-type BROADCAST", "-m addrtype --src-type UNICAST",
        "-m addrtype ! --src-type UNICAST",
        "-m mac --mac-source 00:11:22:33:44:55", "-m mac ! --mac-source 00:11:22:33:44:55",
        "-m devgroup --src-group 0", "-m devgroup ! --src-group 0", "-m devgroup --src-group 5",
        "-m physdev --physdev-in br0", "-m physdev ! --physdev-in br0", "-m physdev ! --physdev-is-bridged",
        "-m socket --transparent",
    ]
    /// Conditions for the chain OUTPUT.
    private static let outgoing = [
        "-o eth0", "! -o eth0", "-d 10.0.0.0/8", "! -d 10.0.0.0/8", "-m owner --uid-owner 4711",
        "-m owner ! --uid-owner 4711", "-m owner --uid-owner 0", "-m owner --gid-owner 12345",
        "-m owner --socket-exists", "-m cgroup --cgroup 5", "-m cgroup ! --cgroup 5",
        "-m devgroup --dst-group 0",
        "-m addrtype --dst-type UNICAST", "-m addrtype --src-type LOCAL",
    ]
    private static let rawConditions = [
        "-m rpfilter", "-m rpfilter --invert", "-m rpfilter --loose", "-m socket --transparent", "-i eth0",
    ]
    private static let mangleConditions = [
        "-m rpfilter", "-m socket --transparent", "-i eth0", "-m mark --mark 0x1", "-m connmark ! --mark 0x1",
    ]
    /// Targets for chains of the table raw.
    private static let rawTargets = [
        "NOTRACK", "CT --notrack", "CT --zone 3", "CT --helper ftp", "MARK --set-mark 1", "ACCEPT", "DROP",
        "TRACE",
        "NFLOG --nflog-group 3",
    ]
    /// Targets for chains of the table mangle.
    private static let mangleTargets = [
        "MARK --set-mark 1", "MARK --set-xmark 0x1/0xff", "MARK --or-mark 0x4", "CONNMARK --set-mark 7",
        "CONNMARK --save-mark", "CONNMARK --restore-mark", "CONNMARK --save-mark --nfmask 0xff --ctmask 0xff",
        "DSCP --set-dscp 8", "TOS --set-tos 0x10", "TTL --ttl-set 64", "ACCEPT", "DROP", "RETURN",
        "CLASSIFY --set-class 1:1", "CHECKSUM --checksum-fill",
    ]
    /// Targets for chains of the table filter.
    private static let targets = [
        "MARK --set-mark 1", "CONNMARK --set-mark 7", "CONNMARK --restore-mark", "NFLOG --nflog-group 3",
        "LOG",
        "AUDIT --type drop", "NFQUEUE --queue-num 1", "NFQUEUE --queue-num 1 --queue-bypass",
        "REJECT --reject-with icmp-admin-prohibited", "TOS --set-tos 0x10",
    ]
}
