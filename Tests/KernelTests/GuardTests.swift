// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Nftables
import Planner
import Platform
import TestSupport
import Testing

/// Tests the guard for packets from the tunnel as the kernel stores it.
@Suite(.enabledAsRoot) struct GuardTests {
    private static let comment = "teredowall: guard of what comes out of the tunnel"

    /// The guard in nft's syntax.
    private static let chains = """
        table inet teredowall {
            chain guard {
                comment "\(comment)"
                ct state established,related counter accept comment "\(comment)"
                icmpv6 type 1-4 counter accept comment "\(comment)"
                icmpv6 type 128-136 counter accept comment "\(comment)"
                icmpv6 type 141-143 counter accept comment "\(comment)"
                icmpv6 type 148-149 counter accept comment "\(comment)"
                icmpv6 type 151-153 counter accept comment "\(comment)"
                counter drop comment "teredowall: unsolicited from the tunnel, in"
            }
            chain inner {
                comment "\(comment)"
                type filter hook input priority filter; policy accept;
                iifname "teredo" meta nfproto ipv6 jump guard comment "\(comment)"
            }
        }
        """

    private func openings(_ interfaces: [String]) -> Openings {
        Openings(service: [], clientUser: 104, guardedInterfaces: interfaces)
    }

    @Test func `the guard equals the same chains loaded by nft, and is removed completely`() throws {
        let ours = try NetworkNamespace.forTest()
        let before = try ours.listing()
        let firewall = try ours.firewall()
        _ = try firewall.reconcile(openings(["teredo"]), policy: Policy())
        let reference = try NetworkNamespace.forTest()
        _ = try reference.firewall().reconcile(openings([]), policy: Policy())
        let unguarded = try reference.listing()
        try reference.nft(load: Self.chains)
        #expect(try ours.listing() == reference.listing())
        #expect(try firewall.plan(openings(["teredo"]), policy: Policy()).operations == [])
        // When the guard is switched off, the other objects stay.
        _ = try firewall.reconcile(openings([]), policy: Policy())
        #expect(try ours.listing() == unguarded)
        _ = try firewall.reconcile(openings(["teredo"]), policy: Policy())
        _ = try firewall.reconcile(nil, policy: Policy())
        #expect(try ours.listing() == before)
    }

    @Test func `for a further interface the guard changes only its jumps`() throws {
        let namespace = try NetworkNamespace.forTest()
        let firewall = try namespace.firewall()
        _ = try firewall.reconcile(openings(["teredo"]), policy: Policy())
        let operations = try firewall.reconcile(openings(["other", "teredo"]), policy: Policy()).operations
        // Only the chain with the jumps is emptied and filled again.
        let jumpChain = ChainName(.teredowall, "inner")
        let jumps = ["other", "teredo"].map {
            NewRule([.interfaceIn($0), .matchIPv6, .jump("guard")], comment: Self.comment)
        }
        #expect(operations == [.flushChain(jumpChain)] + jumps.map { .addRule($0, to: jumpChain, .last) })
        #expect(try namespace.listing().contains("iifname \"other\" meta nfproto ipv6 jump guard"))
    }

    @Test func `mode report makes no guard`() throws {
        let namespace = try NetworkNamespace.forTest()
        _ = try namespace.firewall().reconcile(openings(["teredo"]), policy: Policy(mode: .report))
        #expect(try namespace.listing().isEmpty)
    }

    @Test func `the guard is recognised as the filter of packets from the tunnel`() throws {
        let namespace = try NetworkNamespace.forTest()
        let firewall = try namespace.firewall()
        _ = try firewall.reconcile(openings(["teredo"]), policy: Policy())
        // The first reconciliation read the ruleset before its own commit; a second one reads the result.
        _ = try firewall.reconcile(openings(["teredo"]), policy: Policy())
        #expect(
            firewall.ruleset.innerFilter(tunnel: "teredo") == .denied(by: ChainName(.teredowall, "inner")))
    }
}
