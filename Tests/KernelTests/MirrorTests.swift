// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport
import Testing

/// Tests that partial looks find the changes of a ruleset that the kernel does not report, or reports only
/// for the sets that were selected. Their result is compared with a complete reading.
@Suite(.enabledAsRoot) struct MirrorTests {
    private static let openings = Openings(ports: [41234], clientUser: 104)

    /// No rule leads to `aside`, so its rules are not read; those of `forward` are not read either. Rules and
    /// elements in all parts refer to the chain `shared`, whose use count the tests check.
    private static let hostRuleset = """
        table inet filter {
            map ways { type inet_service : verdict; elements = { 25 : drop, 26 : jump shared }; }
            map unused { type inet_service : verdict; elements = { 25 : jump shared }; }
            chain shared { tcp dport 25 accept; }
            chain other { drop; }
            chain aside { tcp dport vmap @ways; }
            chain ruled { tcp dport vmap { 22 : jump shared, 80 : jump other }; }
            chain input {
                type filter hook input priority filter; policy drop;
                iif lo accept
                jump shared
                jump ruled
            }
            chain forward {
                type filter hook forward priority filter; policy drop;
                tcp dport vmap { 22 : jump shared }
                jump shared
            }
        }

        """

    /// Expects that the ruleset as the firewall last read it equals a complete reading.
    private func expectComplete(_ firewall: NftablesFirewall, _ reader: RulesetReader) throws {
        let difference = DependenciesTests.difference(
            DependenciesTests.comparableParts(firewall.ruleset),
            DependenciesTests.comparableParts(try reader.read()))
        #expect(difference == [])
    }

    /// Looks until a look changes neither the ruleset nor the selection of events.
    private func lookUntilStable(_ firewall: NftablesFirewall) throws {
        repeat {
            _ = try firewall.reconcile(Self.openings, policy: Policy())
        } while try firewall.listenToElements()
        _ = try firewall.reconcile(Self.openings, policy: Policy())
    }

    @Test(arguments: [
        ("add element inet filter ways { 22 : jump shared }", true),
        ("delete element inet filter ways { 26 }", true),
        ("delete map inet filter unused", false),
        ("flush chain inet filter ruled", false),
        ("flush chain inet filter forward", false),
    ])
    func `a changed reference to a chain by an element of a map is found`(
        command: String, isPartial: Bool
    ) throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Self.hostRuleset)
        let (firewall, reader) = (try namespace.firewall(), RulesetReader(try namespace.connection()))
        firewall.follow(try namespace.rulesetEvents())
        try lookUntilStable(firewall)
        try expectComplete(firewall, reader)
        /// The number of references to the chain `shared`.
        func use() throws -> UInt32 {
            try #require(firewall.ruleset.chains.first { $0.name.name == "shared" }).use
        }
        let (before, looks) = (try use(), firewall.partialLooks)
        try namespace.nft(load: command)
        _ = try firewall.reconcile(Self.openings, policy: Policy())
        #expect(try use() != before, "the case proves nothing")
        // A complete look must not be made if a partial one suffices.
        #expect((firewall.partialLooks > looks) == isPartial)
        // The first look read the ruleset before its own commit; a second one reads the result.
        _ = try firewall.reconcile(Self.openings, policy: Policy())
        try expectComplete(firewall, reader)
    }

    @Test func `after partial looks one complete look is due`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.nft(load: Self.hostRuleset)
        let firewall = try namespace.firewall()
        firewall.follow(try namespace.rulesetEvents())
        _ = try firewall.reconcile(Self.openings, policy: Policy())
        #expect(!firewall.mayHaveUnreportedChanges)
        try namespace.nft(load: "add rule inet filter input tcp dport 443 accept")
        try lookUntilStable(firewall)
        #expect(firewall.partialLooks > 0 && firewall.mayHaveUnreportedChanges)
        firewall.forgetRuleset()
        _ = try firewall.reconcile(Self.openings, policy: Policy())
        #expect(!firewall.mayHaveUnreportedChanges)
    }
}
