// SPDX-License-Identifier: GPL-2.0-or-later
import Control
import Testing

@testable import teredowall

/// The text of a plan.
@Suite struct PlanTextTests {
    private static let plan = PlanText(
        text: """
            add set inet filter teredowall-static { type inet_service; flags timeout; }
            insert rule inet filter input handle 7 jump teredowall-input
            """,
        rows: [
            RowStatus(interface: "eth0", name: "I1", state: .open, place: "inet filter input"),
            RowStatus(
                interface: "eth0", name: "I2", state: .denied, place: "inet filter input",
                reason: "rule 3 (handle 7): ip daddr 224.0.0.0/4 drop"),
            RowStatus(name: "O1", state: .unfiltered),
            RowStatus(
                interface: "eth0", name: "O2", state: .unserved, place: "ip vpn OUTPUT",
                reason: "owned by another process (netlink port 4711)"),
        ],
        leftAlone: [LeftAloneStatus(name: "ip vpn OUTPUT", reason: "owned by another process")])

    @Test
    func `the text is a script for nft: the summary and the rows as comments, then the commands`() {
        #expect(
            Self.plan.lines.joined(separator: "\n") == """
                # 2 commands; 1 left alone
                # I1 in, to the service port, on eth0: open by inet filter input
                # I2 in, local discovery, on eth0: denied inet filter input: rule 3 (handle 7): ip daddr 224.0.0.0/4 drop
                # O1 out, from the service port: not filtered
                # O2 out, to Teredo servers, on eth0: NOT SERVED ip vpn OUTPUT: owned by another process (netlink port 4711)
                # left alone: ip vpn OUTPUT: owned by another process
                add set inet filter teredowall-static { type inet_service; flags timeout; }
                insert rule inet filter input handle 7 jump teredowall-input
                """)
    }

    @Test(arguments: [
        ("", "# nothing to change"), ("flush set inet filter a", "# 1 command\nflush set inet filter a"),
    ])
    func `the summary has the number of commands`(commands: String, text: String) {
        let plan = PlanText(text: commands, rows: [], leftAlone: [])
        #expect(plan.lines.joined(separator: "\n") == text)
    }
}
