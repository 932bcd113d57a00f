// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport
import Testing

/// Tests that a chain of many rules is kept up to date by the events of its rules alone, whatever the edits. The
/// result is compared with a complete reading.
@Suite(.enabledAsRoot) struct RuleHistoryTests {
    private static let openings = Openings(ports: [41234], clientUser: 104)
    private static let chain = ChainName(TableName(.inet, "filter"), "input")

    /// A ruleset whose input chain has more than 500 rules: such a chain is not read again after each event.
    private static let hostRuleset: String = {
        let rules = (1...520).map { "ip saddr 10.0.\($0 / 250).\($0 % 250) drop" }.joined(separator: "\n")
        return """
            table inet filter {
                set peers { type ipv4_addr; }
                chain side { tcp dport 25 accept; }
                chain input {
                    type filter hook input priority filter; policy drop;
                    \(rules)
                }
            }

            """
    }()

    /// A firewall that has read the ruleset and follows the events of the namespace.
    private func follow(_ namespace: NetworkNamespace) throws -> NftablesFirewall {
        try namespace.nft(load: Self.hostRuleset)
        let firewall = try namespace.firewall()
        firewall.follow(try namespace.rulesetEvents())
        repeat {
            _ = try firewall.reconcile(Self.openings, policy: Policy())
        } while try firewall.listenToElements()
        _ = try firewall.reconcile(Self.openings, policy: Policy())
        return firewall
    }

    /// The handles of the chain's rules, as the firewall last read them.
    private func handles(_ firewall: NftablesFirewall) throws -> [UInt64] {
        try #require(firewall.ruleset.rules[Self.chain]).map(\.handle)
    }

    /// Looks. Expects a partial look, or a complete one if `isPartial` is false, and that a comparison with a complete
    /// reading then finds no difference.
    private func expectFollowed(_ firewall: NftablesFirewall, isPartial: Bool = true) throws {
        let looks = firewall.partialLooks
        _ = try firewall.reconcile(Self.openings, policy: Policy())
        #expect((firewall.partialLooks > looks) == isPartial)
        firewall.requestMirrorComparison()
        _ = try firewall.reconcile(Self.openings, policy: Policy())
        #expect(firewall.hasComparedMirror && firewall.unreported == [])
    }

    /// In each edit, `H1` to `H4` stand for the handles of rules of the host: the first, two in the middle that follow
    /// each other, and the last, which teredowall's jump follows.
    @Test(arguments: [
        "add rule inet filter input tcp dport 1 accept",
        "insert rule inet filter input tcp dport 1 accept",
        "add rule inet filter input handle H2 tcp dport 1 accept",
        "insert rule inet filter input handle H2 tcp dport 1 accept",
        "insert rule inet filter input handle H1 tcp dport 1 accept",
        "add rule inet filter input handle H4 tcp dport 1 accept",
        "delete rule inet filter input handle H1",
        "delete rule inet filter input handle H4",
        "delete rule inet filter input handle H2; delete rule inet filter input handle H3",
        "replace rule inet filter input handle H1 tcp dport 1 accept",
        "replace rule inet filter input handle H2 tcp dport 1 accept",
        "replace rule inet filter input handle H4 tcp dport 1 accept",
        // The order of the commands, in which the kernel reports the rules, differs from their order in the chain.
        """
        insert rule inet filter input handle H2 tcp dport 1 accept
        insert rule inet filter input handle H3 tcp dport 2 accept
        insert rule inet filter input handle H2 tcp dport 3 accept
        """,
        """
        add rule inet filter input handle H2 tcp dport 1 accept
        add rule inet filter input handle H2 tcp dport 2 accept
        add rule inet filter input handle H2 tcp dport 3 accept
        delete rule inet filter input handle H2
        """,
        """
        insert rule inet filter input tcp dport 1 accept
        insert rule inet filter input tcp dport 2 accept
        add rule inet filter input tcp dport 3 accept
        add rule inet filter input tcp dport 4 accept
        """,
        """
        delete rule inet filter input handle H4
        add rule inet filter input tcp dport 1 accept
        delete rule inet filter input handle H1
        insert rule inet filter input tcp dport 2 accept
        """,
        "add rule inet filter input handle H2 jump side",
        "add rule inet filter input handle H2 ip saddr @peers accept",
        "add rule inet filter input handle H2 tcp dport { 1, 3, 7 } accept",
        "add rule inet filter input handle H2 tcp dport vmap { 1 : accept, 3 : jump side }",
    ])
    func `an edit of a chain of many rules is followed`(edit: String) throws {
        let namespace = try NetworkNamespace.forTest()
        let firewall = try follow(namespace)
        let (all, before) = (try handles(firewall), firewall.ruleset.rules)
        let numbers = ["H1": all[0], "H2": all[300], "H3": all[301], "H4": all[519]]
        let text = numbers.reduce(edit) { $0.replacing($1.key, with: "\($1.value)") }
        try namespace.nft(load: text)
        try expectFollowed(firewall)
        #expect(firewall.ruleset.rules != before, "the case proves nothing")
    }

    @Test func `after a commit with more rule changes than are kept the chain is read again`() throws {
        let namespace = try NetworkNamespace.forTest()
        let firewall = try follow(namespace)
        let all = try handles(firewall)
        // `ChangedObjects` keeps 64 changes of rules.
        try namespace.nft(
            load: (1...100).map { "add rule inet filter input tcp dport \($0) accept" }.joined(
                separator: "\n"))
        try expectFollowed(firewall)
        #expect(try handles(firewall).count == all.count + 100)
    }

    @Test func `the deletion of a rule with its anonymous map makes the look complete`() throws {
        let namespace = try NetworkNamespace.forTest()
        let firewall = try follow(namespace)
        try namespace.nft(load: "insert rule inet filter input tcp dport vmap { 1 : accept, 3 : jump side }")
        try expectFollowed(firewall)
        let first = try handles(firewall)[0]
        try namespace.nft(load: "delete rule inet filter input handle \(first)")
        try expectFollowed(firewall, isPartial: false)
    }

    /// Edits in batches of random size at random places, so that rules are added beside others that the same batch
    /// adds or deletes.
    @Test(arguments: 1...3) func `random edits of a chain of many rules are followed`(seed: UInt64) throws {
        let namespace = try NetworkNamespace.forTest()
        let firewall = try follow(namespace)
        var random = SeededGenerator(state: seed)
        for round in 0..<12 {
            var known = try handles(firewall)
            var edits: [String] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let index = Int.random(in: known.indices, using: &random)
                let (handle, port) = (known[index], Int.random(in: 1...999, using: &random))
                switch Int.random(in: 0..<5, using: &random) {
                case 0: edits.append("add rule inet filter input handle \(handle) tcp dport \(port) accept")
                case 1:
                    edits.append("insert rule inet filter input handle \(handle) tcp dport \(port) accept")
                case 2: edits.append("add rule inet filter input tcp dport \(port) accept")
                case 3: edits.append("insert rule inet filter input tcp dport \(port) accept")
                default:
                    edits.append("delete rule inet filter input handle \(handle)")
                    known.remove(at: index)
                }
            }
            try namespace.nft(load: edits.joined(separator: "\n"))
            try expectFollowed(firewall)
            #expect(firewall.unreported == [], "round \(round): \(edits)")
        }
    }
}
