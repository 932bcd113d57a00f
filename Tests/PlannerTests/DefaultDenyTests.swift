// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import Testing

/// A ruleset, and the expected position of the jumps to our chain.
struct DefaultCase: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable, Equatable {
        /// One jump, before the rule with this index of a chain.
        case attached(Int, in: String = "input")
        /// Two jumps: before the rule with the first index of chain `input`, and with the second index of another.
        case attachedTwice(Int, Int, in: String)
        /// Two jumps: before the rule with the first index of one chain, and with the second index of another.
        case attachedInChains(Int, in: String, other: Int, String)
        /// No jump, and no report.
        case ignored
        /// No jump, and this reason reported.
        case reported(String)
    }

    /// The key of a verdict map.
    enum MapKey {
        case interface, port, interfaceAndPort

        /// The length of a key in bytes: 16 for a name, 2 for a port, padded to a multiple of 4 in a concatenation.
        var length: UInt32 { self == .interface ? 16 : self == .port ? 2 : 20 }

        /// The key with the interface eth`number` or port 41234.
        func bytes(_ number: Int) -> [UInt8] {
            let name = Array("eth\(number)".utf8)
            let padded = name + Array(repeating: 0, count: 16 - name.count)
            let port: [UInt8] = [161, 18]  // 41234
            return switch self {
            case .interface: padded
            case .port: port
            case .interfaceAndPort: padded + port + [0, 0]
            }
        }
    }

    var testDescription: String
    var ruleset: Ruleset
    var outcome: Outcome

    /// `map` has the verdicts of a verdict map whose elements are the interfaces eth0, eth1 and so on, the
    /// port 41234, or both, depending on `key`.
    init(
        _ description: String, _ outcome: Outcome, map: [Verdict] = [], by key: MapKey = .interface,
        _ chains: ChainSample...
    ) {
        testDescription = description
        self.outcome = outcome
        ruleset = Ruleset(generation: 1)
        // The set in `Sample.onInterface9`; its flags are NFT_SET_ANONYMOUS and NFT_SET_CONSTANT.
        ruleset.contents[SetName(.filter, "__set0")] = SetContents(
            flags: 3, keyLength: 4, entries: [SetEntry([9, 0, 0, 0])])
        if !map.isEmpty {
            ruleset.contents[SetName(.filter, "__map0")] = SetContents(
                flags: 9,  // NFT_SET_ANONYMOUS, NFT_SET_MAP
                keyLength: key.length,
                entries: map.enumerated().map { SetEntry(key.bytes($0.offset), verdict: $0.element) })
        }
        ruleset.add(.filter, chains)
    }

    /// The ruleset with the exceptions.
    var reconciled: Ruleset {
        var copy = ruleset
        copy.apply(Plan(openings: .usual, on: ruleset, policy: Policy(), now: .test).operations)
        return copy
    }
}

private let notOfTypeFilter =
    "denies by default, but is no filter chain: move the denial to a chain of type filter"

private let cases: [DefaultCase] = [
    .init("policy drop, no rule", .attached(0), .init("input", .inputDrop)),
    .init("policy drop", .attached(2), .init("input", .inputDrop, Sample.established, Sample.ssh)),
    .init(
        "a reject at the end", .attached(2),
        .init("input", .inputAccept, Sample.established, Sample.ssh, Sample.reject)),
    .init(
        "a counted drop at the end", .attached(1),
        .init("input", .inputAccept, Sample.ssh, Sample.countedDrop)),
    .init(
        "logs before the drop", .attached(1),
        .init(
            "input", .inputAccept, Sample.ssh, Sample.log, Sample.limitedLog, Sample.newLog, Sample.drop)),
    .init(
        "a log before the policy", .attached(1), .init("input", .inputDrop, Sample.ssh, Sample.limitedLog)),
    .init(
        "rules after the drop", .attached(1),
        .init("input", .inputAccept, Sample.ssh, Sample.drop, Sample.ssh)),
    .init(
        "explicit denials stay in front of the jump", .attached(4),
        .init("input", .inputDrop, Sample.established, Sample.invalid, Sample.blocklist, Sample.udpDrop)),
    .init(
        "an explicit denial directly before the default stays in front of the jump", .attached(2),
        .init("input", .inputAccept, Sample.ssh, Sample.udpDrop, Sample.drop)),
    .init(
        "a reject with a rate limit before the policy is part of the default", .attached(1),
        .init("input", .inputDrop, Sample.ssh, Sample.limitedReject, [.counter(packets: 0, bytes: 0)])),
    .init(
        "a reject of UDP with a rate limit before the policy is part of the default", .attached(1),
        .init("input", .inputDrop, Sample.ssh, Sample.udp + [.limit, .reject])),
    .init(
        "a reject with a rate limit before an accept is no part of the default", .attached(2),
        .init("input", .inputDrop, Sample.limitedReject, Sample.ssh)),
    .init(
        "a reject of a blocklist with a rate limit is an explicit denial", .attached(2),
        .init("input", .inputDrop, Sample.ssh, Sample.blocklist.dropLast() + [.limit, .reject])),
    .init(
        "a drop of packets above a rate is an explicit denial", .attached(2),
        .init("input", .inputDrop, Sample.ssh, Sample.floodDrop)),
    .init(
        "rejects by protocol before the policy are part of the default", .attached(1),
        .init("input", .inputDrop, Sample.ssh, Sample.udpReject, Sample.tcpReject, Sample.reject)),
    .init(
        "a reject of UDP before an accept is an explicit denial", .attached(2),
        .init("input", .inputDrop, Sample.udpReject, Sample.ssh)),
    .init(
        "a drop of all IPv4 packets is a default", .attached(1),
        .init("input", .inputAccept, Sample.ssh, Sample.ipv4 + Sample.drop)),
    .init(
        "a drop of all IPv6 packets is no default for IPv4", .ignored,
        .init("input", .inputAccept, Sample.ssh, Sample.ipv6 + Sample.drop)),
    .init("policy accept", .ignored, .init("input", .inputAccept, Sample.ssh)),
    .init("selective drops", .ignored, .init("input", .inputAccept, Sample.blocklist, Sample.udpDrop)),
    .init(
        "an accept of everything before the drop", .ignored,
        .init("input", .inputDrop, Sample.blocklist, Sample.accept, Sample.drop)),
    .init(
        "a rule with a side effect is no part of the default", .attached(2),
        .init("input", .inputDrop, Sample.ssh, Sample.setMark)),
    .init(
        "a verdict map that was not read may accept", .attached(1),
        .init("input", .inputDrop, Sample.verdictMap)),
    .init(
        "a map by interface to a chain with its own default", .attachedTwice(1, 1, in: "world"),
        map: [.accept, .jump("world"), .jump("lan")],
        .init("input", .inputDrop, Sample.verdictMap), .init("world", Sample.ssh, Sample.drop),
        .init("lan", Sample.accept)),
    .init(
        "two interfaces of a map that share a chain", .attached(1, in: "world"),
        map: [.jump("world"), .goto("world")],
        .init("input", .inputAccept, Sample.verdictMap), .init("world", Sample.ssh, Sample.drop)),
    .init(
        "a map by interface to a chain that forwarded packets pass too", .attached(0), map: [.jump("world")],
        .init("input", .inputAccept, Sample.verdictMap),
        .init("forward", BaseChain(hook: .forward), Sample.onEth0 + Sample.jump("world")),
        .init("world", Sample.ssh, Sample.drop)),
    .init(
        "a map by interface to a chain that leaves packets to the policy", .attachedTwice(1, 1, in: "world"),
        map: [.goto("world")],
        .init("input", .inputDrop, Sample.verdictMap), .init("world", Sample.ssh)),
    .init(
        "a map by interface that denies", .attached(0), map: [.drop],
        .init("input", .inputDrop, Sample.verdictMap)),
    .init(
        "a map by port is an explicit denial", .attached(1), map: [.jump("deny")], by: .port,
        .init("input", .inputDrop, Sample.portMap), .init("deny", Sample.ssh, Sample.drop)),
    .init(
        "a map by interface and port to a chain with its own default", .attached(1), map: [.jump("some")],
        by: .interfaceAndPort,
        .init("input", .inputDrop, Sample.pairMap), .init("some", Sample.ssh, Sample.drop)),
    .init(
        "a return to the policy", .attached(1),
        .init("input", .inputDrop, Sample.ssh, [.verdict(.return)], Sample.ssh)),
    .init(
        "a queue hands the decision to a program", .reported("chain input hands every packet to a program"),
        .init("input", .inputDrop, Sample.ssh, Sample.queue)),
    .init(
        "a jump to a chain that logs and drops", .attached(1),
        .init("input", .inputAccept, Sample.ssh, Sample.jump("deny")),
        .init("deny", Sample.limitedLog, Sample.drop)),
    .init(
        "a jump to a chain that only logs", .attached(1),
        .init("input", .inputDrop, Sample.ssh, Sample.jump("logs")), .init("logs", Sample.limitedLog)),
    .init(
        "a jump to a chain that accepts some", .attached(2),
        .init("input", .inputDrop, Sample.established, Sample.jump("services")),
        .init("services", Sample.ssh)),
    .init(
        "a jump to a chain with the default in it", .attached(1, in: "rest"),
        .init("input", .inputAccept, Sample.established, Sample.jump("rest")),
        .init("rest", Sample.ssh, Sample.reject)),
    .init(
        "a goto to a chain that leaves packets to the policy", .attached(1, in: "rest"),
        .init("input", .inputDrop, Sample.established, Sample.goto("rest")), .init("rest", Sample.ssh)),
    .init(
        "a goto to an empty chain", .attached(1),
        .init("input", .inputDrop, Sample.established, Sample.goto("rest")), .init("rest")),
    .init(
        "a jump and a goto to a chain with the default in it", .attached(1, in: "inner"),
        .init("input", .inputAccept, Sample.established, Sample.jump("outer")),
        .init("outer", Sample.invalid, Sample.goto("inner")), .init("inner", Sample.ssh, Sample.drop)),
    .init(
        "a chain with the default that forwarded packets pass too", .attached(1),
        .init("input", .inputAccept, Sample.established, Sample.jump("rest")),
        .init("forward", BaseChain(hook: .forward), Sample.jump("rest")),
        .init("rest", Sample.ssh, Sample.reject)),
    .init(
        "a chain for one interface, and a default that forwarded packets meet too",
        .attachedInChains(1, in: "world", other: 1, "rest"),
        .init("input", .inputDrop, Sample.onEth0 + Sample.jump("world"), Sample.goto("rest")),
        .init("forward", BaseChain(hook: .forward), Sample.goto("rest")),
        .init("world", Sample.ssh, Sample.drop), .init("rest", Sample.udpDrop, Sample.reject)),
    .init(
        "a jump to a chain that accepts everything", .ignored,
        .init("input", .inputDrop, Sample.jump("open")), .init("open", Sample.blocklist, Sample.accept)),
    .init(
        "a return to policy accept is an accept", .attached(1),
        .init("input", .inputAccept, Sample.returnFriends, Sample.drop)),
    .init(
        "a chain that returns some packets and denies the others, before the default", .attached(2),
        .init("input", .inputDrop, Sample.jump("not-local"), Sample.ssh),
        .init("not-local", Sample.returnLocal, Sample.limitedLog, Sample.drop)),
    .init(
        "a chain that returns some packets and denies the others, without a default after it",
        .attached(1, in: "allowed"),
        .init("input", .inputAccept, Sample.jump("allowed"), Sample.blocklist),
        .init("allowed", Sample.returnFriends, Sample.limitedLog, Sample.drop)),
    .init(
        "a chain that returns some packets and denies the others, entered by two jumps",
        .attached(1, in: "allowed"),
        .init("input", .inputAccept, Sample.jump("outer"), Sample.accept),
        .init("outer", Sample.jump("allowed")),
        .init("allowed", Sample.returnFriends, Sample.drop)),
    .init(
        "a chain that returns UDP and denies the rest", .ignored,
        .init("input", .inputAccept, Sample.jump("tcp-only")),
        .init("tcp-only", Sample.udp + [.verdict(.return)], Sample.drop)),
    .init(
        "a chain for UDP with its own default", .attached(2, in: "udp-rules"),
        .init("input", .inputAccept, Sample.udp + Sample.jump("udp-rules"), Sample.ssh, Sample.reject),
        .init("udp-rules", Sample.port(53) + Sample.accept, Sample.blocklist, Sample.drop)),
    .init(
        "a chain that drops all UDP is an explicit denial", .attached(2),
        .init("input", .inputAccept, Sample.udp + Sample.jump("no-udp"), Sample.ssh, Sample.reject),
        .init("no-udp", Sample.limitedLog, Sample.drop)),
    .init(
        "an accept of all UDP needs no exception", .ignored,
        .init("input", .inputDrop, Sample.udp + Sample.accept)),
    .init(
        "a chain for one interface with its own default", .attached(1, in: "world"),
        .init("input", .inputAccept, Sample.established, Sample.onEth0 + Sample.jump("world")),
        .init("world", Sample.ssh, Sample.drop)),
    .init(
        "a default for one interface and one for the others", .attachedTwice(2, 1, in: "world"),
        .init("input", .inputDrop, Sample.onEth0 + Sample.jump("world"), Sample.ssh),
        .init("world", Sample.ssh, Sample.limitedLog, Sample.drop)),
    .init(
        "two interfaces that share a chain", .attached(1, in: "world"),
        .init(
            "input", .inputAccept, Sample.onEth0 + Sample.jump("world"),
            Sample.onInterface9 + Sample.goto("world")),
        .init("world", Sample.ssh, Sample.drop)),
    .init(
        "a goto by interface to a chain that leaves packets to the policy", .attachedTwice(1, 1, in: "world"),
        .init("input", .inputDrop, Sample.onEth0 + Sample.goto("world")), .init("world", Sample.ssh)),
    .init(
        "chains of zones, whose denial names the interface again", .attachedTwice(2, 1, in: "input-world"),
        .init(
            "input", .inputDrop, Sample.established, Sample.onEth0 + Sample.jump("input-world"),
            Sample.jump("refuse")),
        .init("input-world", Sample.ssh, Sample.jump("refuse-world")),
        .init("refuse-world", Sample.onEth0 + Sample.jump("refuse")),
        .init("refuse", Sample.tcpReject, Sample.reject)),
    .init(
        "a chain for an interface that forwarded packets pass too", .attached(0),
        .init("input", .inputAccept, Sample.onEth0 + Sample.jump("world")),
        .init("forward", BaseChain(hook: .forward), Sample.onEth0 + Sample.jump("world")),
        .init("world", Sample.ssh, Sample.drop)),
    .init(
        "an interface that is denied by name", .attached(1),
        .init("input", .inputAccept, Sample.ssh, Sample.onEth0 + Sample.drop)),
    .init(
        "an interface that is denied by name, in a chain of its own",
        .attached(0, in: "deny"),
        .init("input", .inputAccept, Sample.ssh, Sample.onEth0 + Sample.jump("deny")),
        .init("deny", Sample.limitedLog, Sample.drop)),
    .init(
        "a chain of type route denies", .reported(notOfTypeFilter),
        .init("output", BaseChain(hook: .output, type: "route", policy: .drop))),
    .init(
        "a chain of type nat that denies by policy is reported",
        .reported(notOfTypeFilter),
        .init("output", BaseChain(hook: .output, type: "nat", policy: .drop))),
    .init(
        "a chain of type nat that accepts by policy", .ignored,
        .init("output", BaseChain(hook: .output, type: "nat"))),
    .init(
        "a policy drop at prerouting",
        .reported("denies by default at hook prerouting, where no exception is made"),
        .init("raw", BaseChain(hook: .prerouting, priority: -300, policy: .drop))),
    .init(
        "an explicit denial at prerouting", .ignored,
        .init("raw", BaseChain(hook: .prerouting), Sample.blocklist)),
]

@Suite struct DefaultDenyTests {
    @Test(arguments: cases)
    func `a jump stands directly before each default, or the reason for none is reported`(
        example: DefaultCase
    ) throws {
        let plan = Plan(openings: .usual, on: example.ruleset, policy: Policy(), now: .test)
        let jumps = plan.operations.compactMap { operation -> (String, Int)? in
            guard case .addRule(let rule, let chain, let position) = operation, chain.table == .filter,
                case .jump? = rule.statements.last
            else { return nil }
            let rules = example.ruleset.rules[chain] ?? []
            return switch position {
            case .last: (chain.name, rules.count)
            case .before(let handle): (chain.name, rules.firstIndex { $0.handle == handle } ?? -1)
            default: (chain.name, -2)  // a position that no case expects
            }
        }
        switch example.outcome {
        case .attached(let index, let chain):
            try #require(jumps.count == 1)
            #expect(jumps[0] == (chain, index))
            #expect(plan.leftAlone == [])
            #expect(plan.attachments.contains { $0.kind == .native })
        case .attachedTwice(let index, let innerIndex, let inner):
            try #require(jumps.count == 2)
            #expect(jumps[0] == ("input", index))
            #expect(jumps[1] == (inner, innerIndex))
            #expect(plan.attachments.last?.chains == [ChainName(.filter, "input")])
        case .attachedInChains(let index, let chain, let otherIndex, let other):
            try #require(jumps.count == 2)
            #expect(jumps[0] == (chain, index))
            #expect(jumps[1] == (other, otherIndex))
            #expect(plan.leftAlone == [])
        case .ignored:
            #expect(jumps.isEmpty)
            #expect(plan.leftAlone == [])
        case .reported(let reason):
            #expect(jumps.isEmpty)
            #expect(plan.leftAlone.map(\.reason) == [reason])
        }
    }

    @Test(arguments: cases)
    func `a second plan changes nothing and a teardown leaves no trace`(example: DefaultCase) {
        var ruleset = example.ruleset
        ruleset.apply(Plan(openings: .usual, on: ruleset, policy: Policy(), now: .test).operations)
        #expect(Plan(openings: .usual, on: ruleset, policy: Policy(), now: .test).operations == [])
        ruleset.apply(Plan(openings: nil, on: ruleset, policy: Policy(), now: .test).operations)
        #expect(ruleset.essence == example.ruleset.essence)
    }

    @Test(arguments: cases)
    func `rules condensed to save memory lead to the same plan`(example: DefaultCase) {
        for ruleset in [example.ruleset, example.reconciled] {
            var condensed = ruleset
            condensed.rules = ruleset.rules.mapValues { RuleList($0.map(\.condensed)) }
            for openings in [Openings.usual, nil] {
                #expect(
                    Plan(openings: openings, on: condensed, policy: Policy(), now: .test)
                        == Plan(openings: openings, on: ruleset, policy: Policy(), now: .test))
            }
        }
    }
}
