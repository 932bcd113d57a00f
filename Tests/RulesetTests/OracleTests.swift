// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Nftables
import Planner
import TestSupport
import Testing

/// Compares the fate of each row in the plan with what the kernel does with the packets of the row.
struct Oracle {
    private(set) var contradictions: [String] = []
    private(set) var rows = 0
    private(set) var unknown = 0
    /// How often each reason for "unknown" was given.
    private(set) var reasons: [String: Int] = [:]
    /// How often each kind of expression occurred.
    private(set) var kinds: [String: Int] = [:]

    /// Adds the comparison for one ruleset.
    mutating func compare(_ ruleset: RulesetText, on testbed: Testbed) throws {
        try count(testbed.host.connection())
        let results = try PacketResults(of: testbed)
        for fault in results.unwantedChanges {
            contradictions.append("\(ruleset.name): \(fault)\n\(ruleset.text)")
        }
        for row in Row.allCases {
            rows += 1
            guard results.isPlannedOpen(row) == nil else { continue }
            unknown += 1
            for case .unknown(let rule, let reason) in results.fates.filter({ $0.row == row.rawValue }).map(
                \.outcome)
            {
                reasons[rule?.text ?? reason, default: 0] += 1
            }
        }
        for wrongFate in results.wrongFates {
            contradictions.append("\(ruleset.name): \(wrongFate)\n\(results.summary)\n\(ruleset.text)")
        }
    }

    /// Counts the kinds of expressions in the ruleset.
    private mutating func count(_ connection: RulesetConnection) throws {
        for chain in try connection.chains() {
            for expression in try connection.rules(of: chain.name).flatMap(\.expressions) {
                kinds[Self.kind(of: expression), default: 0] += 1
            }
        }
    }

    /// The kind of an expression, for example "compare", "range" (the name of an instruction) or "match conntrack".
    private static func kind(of expression: Nftables.Expression) -> String {
        switch expression {
        case .match(let name, _, _): return "match \(name)"
        case .target(let name, _, _): return "target \(name)"
        case .other(let name): return name
        default:
            // The names of the cases in a description such as "instruction(Nftables.Instruction.range(…".
            let words = "\(expression)".split(separator: "(").prefix(2).map {
                $0.split(separator: ".").last ?? $0
            }
            return words.first == "instruction" ? String(words.last ?? "") : String(words.first ?? "")
        }
    }

    var summary: String {
        let share = rows == 0 ? 0 : 100 * Double(unknown) / Double(rows)
        let counts = kinds.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }.joined(
            separator: ", ")
        return """
            \(rows) rows, \(unknown) unknown (\(String(format: "%.1f", share)) %), \(contradictions.count) \
            contradictions
            unknown because of \(reasons.sorted { $0.value > $1.value }.prefix(20).map { "\($0.key) \($0.value)" })
            \(kinds.count) kinds of expressions: \(counts)
            """
    }
}

@Suite(.enabledAsRoot) struct OracleTests {
    /// The number of rulesets. TEREDOWALL_RULESETS changes it.
    static let rulesets =
        ProcessInfo.processInfo.environment["TEREDOWALL_RULESETS"].flatMap { UInt64($0) } ?? 500
    static let seed = ProcessInfo.processInfo.environment["TEREDOWALL_SEED"].flatMap { UInt64($0) } ?? 0

    /// Loads a random ruleset for a seed. If nft refuses a combination, the next one is tried, at most 20.
    private static func loadable(_ seed: UInt64, on testbed: Testbed) throws -> RulesetText {
        let attempts: UInt64 = 20
        for attempt in 0..<attempts {
            // The low byte of the seed of the generator is the number of the attempt.
            let generatorSeed = seed << 8 | attempt
            let ruleset =
                seed % 4 == 3
                ? RulesetText("seed \(seed)", .iptables, RandomIptables.text(seed: generatorSeed))
                : RulesetText("seed \(seed)", .nft, RandomRuleset.text(seed: generatorSeed))
            do {
                try ruleset.load(on: testbed)
                return ruleset
            } catch is CommandFailure where attempt < attempts - 1 {
                continue
            }
        }
        throw CommandFailure(command: "load a ruleset of seed \(seed)", status: -1)
    }

    /// The kinds of expressions of which each must occur. Left out are those that need modules or programs that test
    /// machines lack (queue, last, -m set), those that send packets elsewhere (dup, fwd), and those for which some versions of
    /// iptables write expressions of nft (-m limit, mark, state, tcp, udp, -j LOG, NFLOG, TRACE).
    private static let kinds: [String] =
        [
            "meta", "payload", "compare", "range", "lookup", "verdictMap", "counter", "verdict", "log",
            "reject",
            "limit", "connection", "route", "load", "mask", "shift", "byteOrder", "map", "immediate",
            "setMeta",
            "setConnection", "setPayload", "object", "objectMap", "dynamicSet", "limit over", "quota over",
            "quota over, spent", "quota, spent", "connlimit over", "connlimit over, 0", "notrack", "masq",
            "redir",
            "synproxy",
        ]
        + [
            "addrtype", "bpf", "cgroup", "comment", "connlabel", "connlimit", "connmark", "conntrack", "cpu",
            "devgroup",
            "dscp", "ecn", "hashlimit", "helper", "iprange", "length", "mac", "multiport",
            "owner",
            "physdev", "pkttype", "policy", "quota", "recent", "rpfilter", "socket", "statistic",
            "string",
            "time", "tos", "ttl", "u32",
        ].map { "match \($0)" }
        + [
            "AUDIT", "CHECKSUM", "CONNMARK", "CT", "DSCP", "MARK", "NFQUEUE",
            "REJECT",
            "TOS", "TTL",
        ].map { "target \($0)" }

    @Test func `the evaluation of a random ruleset agrees with the kernel`() throws {
        let testbed = try Testbed()
        var oracle = Oracle()
        for seed in Self.seed..<Self.seed + Self.rulesets where oracle.contradictions.count < 100 {
            try oracle.compare(Self.loadable(seed, on: testbed), on: testbed)
        }
        print(oracle.summary)
        #expect(oracle.contradictions.isEmpty, "\(oracle.contradictions.joined(separator: "\n\n"))")
        // As many rulesets as by default have every kind.
        if Self.rulesets >= 500 {
            let absent = Self.kinds.filter { oracle.kinds[$0] == nil }
            #expect(absent.isEmpty, "\(oracle.summary)")
        }
        // At most 10 % of the rows.
        #expect(oracle.unknown * 10 <= oracle.rows, "\(oracle.summary)")
    }
}
