// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport
import Testing

/// Tests that partial looks find the same ruleset as complete ones, and that foreign commits which teredowall
/// skips without a look change no plan. The commits are random.
@Suite(.enabledAsRoot) struct DependenciesTests {
    private static let openings = Openings(ports: [41234], clientUser: 104)

    private static let hostRuleset = """
        table inet filter {
            set services { type inet_service; elements = { 22, 80 }; }
            set hosts { type ipv4_addr; elements = { 192.0.2.1 }; }
            set aside { type inet_service; elements = { 1 }; }
            set banned { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
            limit calm { rate 10/second; }
            chain shared { tcp dport 25 accept; }
            chain log-all { counter; }
            chain unreached { udp dport 9 drop; }
            chain input {
                type filter hook input priority filter; policy drop;
                iifname "lo" accept
                ip saddr @hosts drop
                ip saddr @banned drop
                tcp dport @services accept
                jump shared
                jump log-all
            }
            chain forward { type filter hook forward priority filter; policy drop; jump shared; }
            chain output { type filter hook output priority filter; policy drop; oifname "lo" accept; }
        }
        table inet mapped {
            map ways { type inet_service : verdict; elements = { 22 : jump known, 80 : drop }; }
            chain known { accept; }
            chain other { drop; }
            chain input { type filter hook input priority 10; policy accept; tcp dport vmap @ways; }
        }
        table ip nat {
            chain targets { return; }
            chain prerouting { type nat hook prerouting priority dstnat; jump targets; }
        }
        table ip6 filter {
            chain input { type filter hook input priority filter; policy accept; }
        }
        table inet library {
            set names { type ipv4_addr; }
            chain idle { accept; }
        }

        """

    /// The chains and rules of which ``command(_:)`` makes commands.
    private static let chains = [
        "inet filter input", "inet filter output", "inet filter forward", "inet filter shared",
        "inet filter log-all", "inet filter unreached", "inet filter fresh", "inet mapped known",
        "inet mapped other", "inet mapped input", "ip nat targets", "ip nat prerouting", "ip6 filter input",
        "inet library idle", "inet filter teredowall-input", "inet teredowall input",
    ]
    private static let rules = [
        "accept", "drop", "udp dport 41234 drop", "tcp dport 99 accept", "udp dport 5000-50000 accept",
        "counter",
        "ip saddr 192.0.2.7 drop", "jump shared", "jump unreached", "jump log-all", "goto shared",
        "jump known",
        "jump other", "limit name calm accept", "udp dport @aside accept", "udp dport @services drop",
        "jump teredowall-input", "meta l4proto udp reject", "tcp dport vmap @ways",
    ]
    /// Sets, and elements that ``command(_:)`` adds or deletes.
    private static let sets = [
        ("inet filter services", "{ 41234 }"), ("inet filter services", "{ 7777 }"),
        ("inet filter hosts", "{ 192.0.2.9 }"), ("inet filter aside", "{ 41234 }"),
        ("inet filter banned", "{ 192.0.2.8 }"), ("inet library names", "{ 192.0.2.8 }"),
        ("inet mapped ways", "{ 443 : jump other }"), ("inet mapped ways", "{ 25 : drop }"),
        ("inet filter teredowall-ports", "{ 41234 }"),
    ]
    /// Complete commands, mostly about objects other than rules and elements.
    private static let otherCommands = [
        "add table inet library { flags dormant; }", "add table inet library",
        "add table inet mapped { flags dormant; }",
        "add table inet mapped", "chain inet filter input { policy accept; }",
        "chain inet filter input { policy drop; }", "chain inet filter forward { policy accept; }",
        "rename chain inet filter shared was-shared", "rename chain inet filter was-shared shared",
        "rename chain inet filter unreached was-unreached",
        "rename chain inet filter was-unreached unreached",
        "add chain inet filter fresh",
        "add chain inet library gate { type filter hook input priority 5; policy drop; }",
        "delete chain inet library gate",
        "add chain ip nat gate { type filter hook output priority 5; policy drop; }",
        "delete chain ip nat gate", "delete table ip nat", "add table ip nat", "add chain ip nat targets",
        "add limit inet filter calm2 { rate over 5/second; }", "delete limit inet filter calm2",
        "add set inet filter teredowall-ports { type ipv4_addr; }", "delete table inet library",
        "flush table inet mapped",
        "add chain inet filter teredowall-output", "add counter inet filter seen", "delete table inet mapped",
    ]

    /// A random nft command, which the present ruleset may not permit.
    private static func command(_ random: inout SeededGenerator) -> String {
        let chain = chains[Int.random(in: 0..<chains.count, using: &random)]
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6: return "add rule \(chain) \(rules[Int.random(in: 0..<rules.count, using: &random)])"
        case 6..<8: return "insert rule \(chain) \(rules[Int.random(in: 0..<rules.count, using: &random)])"
        case 8: return "flush chain \(chain)"
        case 9: return "delete chain \(chain)"
        case 10..<15:
            let (set, elements) = sets[Int.random(in: 0..<sets.count, using: &random)]
            return "\(Bool.random(using: &random) ? "add" : "delete") element \(set) \(elements)"
        default: return otherCommands[Int.random(in: 0..<otherCommands.count, using: &random)]
        }
    }

    /// The parts of a ruleset that must be the same whether it was read completely or in part.
    static func comparableParts(_ ruleset: Ruleset) -> Ruleset {
        var ruleset = ruleset
        // Left out: use counts of chains whose rules are not read, because nothing depends on them; and
        // timeouts, which run down between the reads.
        ruleset.chains = ruleset.chains.map { chain in
            var chain = chain
            if ruleset.rules[chain.name] == nil { chain.use = 0 }
            return chain
        }
        ruleset.elements = ruleset.elements.mapValues { elements in
            elements.map { TimedElement($0.port, at: $0.address, timeout: nil) }.sorted { $0.port < $1.port }
        }
        ruleset.contents = ruleset.contents.mapValues { contents in
            var contents = contents
            contents.entries?.sort { "\($0)" < "\($1)" }
            return contents
        }
        return ruleset
    }

    /// The names and values of the parts in which two rulesets differ.
    static func difference(_ left: Ruleset, _ right: Ruleset) -> [String] {
        var texts: [String] = []
        func shortened(_ part: some Any) -> String {
            (part as? [Chain])?.map { "\($0.name) \($0.use)" }.joined(separator: ", ") ?? "\(part)"
        }
        func compare<Part: Equatable>(_ name: String, _ part: KeyPath<Ruleset, Part>) {
            let (one, other) = (left[keyPath: part], right[keyPath: part])
            if one != other { texts.append("\(name): \(shortened(one)) != \(shortened(other))") }
        }
        compare("generation", \.generation)
        compare("tables", \.tables)
        compare("chains", \.chains)
        compare("sets", \.sets)
        compare("rules", \.rules)
        compare("elements", \.elements)
        compare("contents", \.contents)
        compare("inverted objects", \.invertedObjects)
        return texts
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func `a partial look gives the same result as a complete one`(seed: UInt64) throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Self.hostRuleset)
        let firewall = try namespace.firewall()
        firewall.follow(try namespace.rulesetEvents())
        let reader = RulesetReader(try namespace.connection())
        var random = SeededGenerator(state: seed)
        var history: [String] = []
        for step in 0..<250 {
            // Restores the host's ruleset, from which the commands keep removing parts.
            if step % 80 == 0 { try namespace.nft(load: "flush ruleset; \(Self.hostRuleset)") }
            let command = Self.command(&random)
            if (try? namespace.nft(load: command)) == nil { continue }
            history.append(command)
            _ = try firewall.reconcile(Self.openings, policy: Policy())
            // Repeated until the plan depends only on sets whose events are selected.
            while try firewall.listenToElements() {
                _ = try firewall.reconcile(Self.openings, policy: Policy())
            }
            // The read of a reconciliation precedes its own commit, so another reconciliation reads the final
            // state.
            _ = try firewall.reconcile(Self.openings, policy: Policy())
            let complete = try reader.read()
            let difference = Self.difference(
                Self.comparableParts(firewall.ruleset), Self.comparableParts(complete))
            #expect(difference == [], "\(history.suffix(4))")
            if difference != [] { break }
        }
        #expect(firewall.partialLooks > 200, "\(firewall.partialLooks)")
        // The comparison that the daemon makes at a renewal finds no difference either.
        try namespace.nft(load: "add rule inet filter input udp dport 9 drop")
        firewall.requestMirrorComparison()
        _ = try firewall.reconcile(Self.openings, policy: Policy())
        #expect(firewall.unreported == [])
        #expect(!firewall.mayHaveUnreportedChanges)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a skipped commit changes no plan`(seed: UInt64) throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Self.hostRuleset)
        let events = try namespace.rulesetEvents()
        let connection = try namespace.connection()
        let firewall = try namespace.firewall()
        var random = SeededGenerator(state: seed)
        var (skipped, looked) = (0, 0)
        var history: [String] = []
        for step in 0..<250 {
            // Restores the host's ruleset, from which the commands keep removing parts.
            if step % 80 == 0 { try namespace.nft(load: "flush ruleset; \(Self.hostRuleset)") }
            var earlier: RulesetDependencies?
            // Repeated until the plan depends only on sets whose events are selected.
            repeat {
                earlier = firewall.dependencies
                _ = try firewall.reconcile(Self.openings, policy: Policy())
                try events.listen(toElementsOf: #require(firewall.dependencies).sets)
            } while firewall.dependencies?.sets != earlier?.sets
            let before = try firewall.plan(Self.openings, policy: Policy())
            let generation = try connection.generation()
            let command = Self.command(&random)
            guard (try? namespace.nft(load: command)) != nil, try connection.generation() != generation
            else { continue }
            history.append(command)
            var changed: ChangedObjects?
            while changed == nil {
                let changes = try events.nextChanges()
                if changes.isEmpty { break }
                for change in changes {
                    guard case .committed(generation + 1, _, _, _, let objects) = change else {
                        #expect(change != .lost)
                        continue
                    }
                    changed = objects
                }
            }
            let objects = try #require(changed)
            if try #require(firewall.dependencies).include(anyOf: objects) {
                looked += 1
                continue
            }
            skipped += 1
            let after = try firewall.plan(Self.openings, policy: Policy())
            #expect(before.operations == [] && after == before, "\(history.suffix(8)) \(objects)")
        }
        #expect(skipped > 25 && looked > 50, "\(skipped) skipped, \(looked) looked")
    }
}
