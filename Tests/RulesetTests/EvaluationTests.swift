// SPDX-License-Identifier: GPL-2.0-or-later
import Planner
import TestSupport
import Testing

/// Tests rules whose effect on the client's packets is easily mistaken: those about connections that do not exist, about
/// bytes that other rules have written, and about bounds that are reached.
@Suite(.enabledAsRoot) struct EvaluationTests {
    /// A ruleset, and what the plan says of the rows with it. A row that is neither shut nor unknown is open.
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var ruleset: RulesetText
        var shut: Set<Row> = []
        var unknown: Set<Row> = []

        /// Rules of one table of nft.
        static func nft(
            _ description: String, _ chains: String, shut: Set<Row> = [], unknown: Set<Row> = []
        ) -> Example {
            Example(
                testDescription: description,
                ruleset: RulesetText(description, .nft, "table inet f {\n\(chains)\n}\n"), shut: shut,
                unknown: unknown)
        }

        /// Rules in front of the rest of an input chain that accepts ssh and drops.
        static func input(
            _ rules: String, before: String = "", shut: Set<Row> = [], unknown: Set<Row> = []
        ) -> Example {
            nft(
                rules,
                before + """
                    chain in { type filter hook input priority 0; policy accept
                      iif lo accept
                      \(rules)
                    }
                    """, shut: shut, unknown: unknown)
        }

        /// Rules of iptables: those of the tables raw and mangle, and those of the chain INPUT with its policy.
        static func iptables(
            _ input: [String], policy: String = "ACCEPT", raw: [String] = [], mangle: [String] = [],
            chains: [String] = [], shut: Set<Row> = [], unknown: Set<Row> = []
        ) -> Example {
            func table(_ name: String, _ lines: [String]) -> String {
                lines.isEmpty ? "" : (["*\(name)"] + lines + ["COMMIT", ""]).joined(separator: "\n")
            }
            let filter =
                [":INPUT \(policy) [0:0]"] + chains.map { ":\($0) - [0:0]" } + ["-A INPUT -i lo -j ACCEPT"]
                + input.map { $0.hasPrefix("-A") ? $0 : "-A INPUT \($0)" }
            let description = (raw + mangle + input).joined(separator: "; ")
            let text =
                table("raw", raw.map { "-A PREROUTING \($0)" })
                + table("mangle", mangle.map { "-A PREROUTING \($0)" }) + table("filter", filter)
            return Example(
                testDescription: description, ruleset: RulesetText(description, .iptables, text), shut: shut,
                unknown: unknown)
        }
    }

    private static let incoming: Set<Row> = [.servicePortIn, .discoveryIn]
    private static let outgoing: Set<Row> = [.servicePortOut, .solicitationOut]

    private static let untracked: [Example] = [
        .iptables(["-m connmark ! --mark 0x1 -j ACCEPT"], policy: "DROP", raw: ["-p udp -j CT --notrack"]),
        .iptables(
            [
                "-j CONNMARK --set-mark 7", "-m connmark --mark 7 -j ACCEPT", "-p tcp --dport 22 -j ACCEPT",
                "-j DROP",
            ],
            raw: ["-p udp -j NOTRACK"]),
        .iptables(
            ["-m mark --mark 5 -j DROP"], raw: ["-p udp -j CT --notrack"],
            mangle: ["-j MARK --set-mark 5", "-j CONNMARK --restore-mark"]),
        .iptables(
            ["-m conntrack --ctstate UNTRACKED --ctproto tcp -j ACCEPT"], policy: "DROP",
            raw: ["-p udp -j CT --notrack"]),
        .iptables(["-m conntrack --ctproto udp -j ACCEPT"], policy: "DROP", raw: ["-p udp -j CT --notrack"]),
        .iptables(
            ["-m conntrack --ctstate UNTRACKED -j ACCEPT"], policy: "DROP",
            raw: ["-p udp -j CT --zone 3", "-p udp -j CT --notrack"]),
        // A packet that has a connection is not exempted.
        .iptables(
            ["-m conntrack --ctstate NEW -j DROP"], raw: ["-p udp -j CT --zone 3", "-p udp -j NOTRACK"]),
        .nft(
            "a helper without a connection that expected this one",
            """
            chain in { type filter hook input priority 0; policy drop;
              iif lo accept
              ct helper != "ftp" accept
            }
            """),
        .input(
            "ct label 3 drop",
            before:
                "chain m { type filter hook prerouting priority -150; udp dport != 53 ct label set 3; }\n",
            unknown: incoming),
        .input(
            "ct state untracked drop",
            before: "chain m { type filter hook prerouting priority -150; notrack; }\n"),
    ]

    private static let rewritten: [Example] = [
        .input(
            "ip saddr 10.9.9.9 drop",
            before: """
                chain p { type filter hook prerouting priority -350; ip protocol udp ip saddr set 10.9.9.9; }

                """, unknown: incoming),
        .input(
            "udp dport 9 drop",
            before: """
                chain p { type filter hook prerouting priority -350; udp dport 41000-42000 udp dport set 9; }

                """, unknown: [.servicePortIn]),
        .input(
            "iifname \"eth0\" ip daddr != 6.6.6.2 ip daddr != 224.0.0.0/4 drop",
            before: """
                chain p { type filter hook prerouting priority raw
                  iifname "eth0" udp dport 41000-42000 ip daddr set 10.44.0.2 notrack
                }

                """, unknown: [.servicePortIn]),
        .input(
            "ip version 4 udp dport 41000-42000 accept; ip dscp cs1 drop",
            before: """
                chain p { type filter hook prerouting priority -350; ip protocol udp ip dscp set cs1; }

                """, unknown: [.discoveryIn]),
        .iptables(
            ["-m dscp ! --dscp 8 -j ACCEPT", "-j DROP"], mangle: ["-j DSCP --set-dscp 8"]),
        .iptables(
            ["-m tos --tos 0x10 -j DROP"], mangle: ["-j TOS --set-tos 0x10"], unknown: incoming),
        .iptables(["-m ttl --ttl-eq 9 -j DROP"], mangle: ["-j TTL --ttl-set 9"], unknown: incoming),
    ]

    private static let properties: [Example] = [
        .nft(
            "a proxy for TCP",
            """
            chain in { type filter hook input priority 0; policy drop
              iif lo accept
              ct state new,invalid,untracked synproxy mss 1460 wscale 7 accept
            }
            """),
        .nft(
            "the size of segments on a route",
            "chain out { type filter hook output priority 0; oif lo accept; rt mtu > 100 drop; }",
            unknown: outgoing),
        .nft(
            "the link header of outgoing packets",
            """
            chain out { type filter hook output priority 0; policy drop
              oif lo accept
              @ll,96,16 0x0800 accept
            }
            """),
        // The packets of the test reach no socket; those to a real one would be dropped.
        .input("meta skuid 65534 drop", unknown: [.discoveryIn]),
        .iptables(["-p udp -m u32 --u32 \"22&0xFFFF=0x0008\" -j DROP"]),
        .iptables(["-m u32 --u32 \"6&0xFF=17\" -j DROP"], shut: incoming),
        .iptables(
            ["-m u32 --u32 \"6&0xFF=17 && 0>>22&0x3C@0&0xFFFF=0xA112\" -j DROP"], shut: [.servicePortIn]),
        .iptables(["-m ecn --ecn-ip-ect 1 -j DROP"]),
        .iptables(
            [
                "-i eth0 -j reject", "-A reject -m addrtype --src-type BROADCAST -j DROP",
                "-A reject -m addrtype --src-type MULTICAST -j DROP",
                "-A reject -j REJECT",
            ], policy: "DROP", chains: ["reject"]),
    ]

    private static let bounds: [Example] = [
        .iptables(["-m statistic --mode random ! --probability 0 -j DROP"]),
        .iptables(["-m statistic --mode random --probability 0 -j DROP"]),
        .iptables(["-p udp -m statistic --mode random --probability 1 -j DROP"], shut: incoming),
        .iptables(["-m quota --quota 0 -j ACCEPT"], policy: "DROP"),
        .iptables(["-p udp -m connlimit --connlimit-above 0 -j DROP"], shut: incoming),
        .input("udp dport 41234 quota over 0 bytes drop", shut: [.servicePortIn]),
        .nft(
            "a quota of nothing",
            "chain in { type filter hook input priority 0; policy drop; quota 0 bytes accept; }"),
        .input("udp dport 41234 ct count over 0 drop", shut: [.servicePortIn]),
        .input(
            "udp dport 41234 quota name spent drop",
            before: "quota spent { over 10 mbytes used 10 mbytes; }\n", shut: [.servicePortIn]),
        .nft(
            "a named quota that is spent",
            """
            quota spent { 10 mbytes used 10 mbytes; }
            chain in { type filter hook input priority 0; policy drop; quota name spent accept; }
            """),
    ]

    private static let samples: [Example] = [
        .input("meta l4proto udp numgen random mod 100000 < 99999 drop", unknown: incoming),
        .input("meta l4proto udp numgen inc mod 100000 99999 drop"),
    ]

    @Test(arguments: [untracked, rewritten, properties, bounds, samples].flatMap { $0 })
    func `the plan has the fate that the kernel gives, or says that it is unknown`(example: Example) throws {
        let testbed = try Testbed()
        try example.ruleset.load(on: testbed)
        let results = try PacketResults(of: testbed)
        #expect(results.faults == [], "\(results.summary)")
        for row in Row.allCases {
            let expected: Bool? = example.unknown.contains(row) ? nil : !example.shut.contains(row)
            #expect(results.isPlannedOpen(row) == expected, "\(row)\n\(results.summary)")
        }
    }
}
