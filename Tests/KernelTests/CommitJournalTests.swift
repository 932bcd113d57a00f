// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

/// Tests that the commit journal, on which the reload tests rely, reports every change by teredowalld beyond
/// the exceptions.
@Suite struct CommitJournalTests {
    /// The changes that a journal of one commit with these changes reports.
    private static func disallowedChanges(_ changes: String..., program: String = "teredowalld") throws
        -> [String]
    {
        let text = changes.map { "\($0)\n" }.joined() + "# new generation 7 by process 42 (\(program))\n"
        return try CommitJournal(text).disallowedChanges(ports: [41000], user: 1)
            .map { String($0.trimmingPrefix("generation 7: ")) }
    }

    private static let counter = "counter packets 0 bytes 0"
    private static let time = #"meta time "2026-11-27 11:34:52"-"2026-11-27 11:38:52" "#

    @Test(arguments: [
        "add rule ip filter INPUT meta l4proto udp udp dport 41000 \(time) \(counter) accept # handle 175",
        "add rule ip filter OUTPUT meta l4proto udp udp dport 3544 skuid 1 \(time) \(counter) accept # handle 9",
        """
        add rule inet teredowall output meta nfproto ipv4 udp dport @static meta skuid 1 \(counter) accept comment "x" \
        # handle 8
        """,
        "add element inet filter teredowall-ports { 41000 timeout 1d expires 1d }",
        "delete chain ip filter teredowall-input",
    ]) func `changes for the exceptions are not reported`(_ change: String) throws {
        #expect(try Self.disallowedChanges(change) == [])
    }

    @Test(arguments: [
        // A rule for another port, another user, or any user.
        "add rule ip filter INPUT meta l4proto udp udp dport 41001 \(time) \(counter) accept # handle 1",
        "add rule ip filter OUTPUT meta l4proto udp udp dport 3544 skuid 2 \(time) \(counter) accept # handle 1",
        "add rule ip filter OUTPUT meta l4proto udp udp dport 3544 \(time) \(counter) accept # handle 1",
        // A rule without a time range, or for every packet.
        "add rule ip filter INPUT meta l4proto udp udp dport 41000 \(counter) accept # handle 1",
        "add rule ip filter INPUT \(counter) accept # handle 1",
        // The set of service ports in the wrong direction.
        "add rule inet filter teredowall-output udp dport @teredowall-ports \(counter) accept # handle 1",
        // Another port, a port without a timeout, or a port other than 3544 in the set of the standing rules.
        "add element inet filter teredowall-ports { 41001 timeout 1d expires 1d }",
        "add element inet filter teredowall-ports { 41000 }",
        "add element inet filter teredowall-static { 41000 timeout 1d expires 1d }",
        // Changes to foreign objects.
        "insert rule ip filter INPUT \(counter) accept # handle 1",
        "add rule ip filter INPUT udp dport 41000 \(counter) jump teredowall-input # handle 1",
        "add rule ip filter FORWARD meta l4proto udp udp dport 41000 \(counter) accept # handle 1",
        "delete rule ip filter INPUT handle 5",
        "delete table ip filter",
        "add chain ip filter INPUT { type filter hook input priority filter; policy accept; } # handle 19",
    ]) func `any other change by teredowalld is reported`(_ change: String) throws {
        #expect(try Self.disallowedChanges(change) == [change])
        #expect(try Self.disallowedChanges(change, program: "nft") == [])
    }

    @Test(arguments: [
        "insert rule inet filter input handle 21 jump teredowall-input comment \"teredowall: x\" # handle 180",
        "insert rule ip filter INPUT handle 21 meta l4proto udp udp dport 41000 \(time) \(counter) accept # handle 180",
    ]) func `the removal of a rule is reported unless teredowalld added the rule`(_ addition: String) throws {
        let chain = addition.contains("inet") ? "inet filter input" : "ip filter INPUT"
        #expect(try Self.disallowedChanges(addition, "delete rule \(chain) handle 180") == [])
        let other = "delete rule \(chain) handle 181"
        #expect(try Self.disallowedChanges(addition, other) == [other])
    }

    @Test func `a journal with a gap is refused`() {
        #expect(throws: CommandFailure.self) {
            try CommitJournal(
                "# new generation 7 by process 42 (nft)\n# new generation 9 by process 42 (nft)\n")
        }
    }
}
