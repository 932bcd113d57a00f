// SPDX-License-Identifier: GPL-2.0-or-later
import Control
import Testing

@testable import Administration
@testable import teredowall

/// The text of a check.
@Suite struct CheckTextTests {
    private static let report: CheckReport = {
        let policy = CheckReport.ReportedRule(
            table: "inet filter", chain: "input", handle: nil, rule: "policy drop")
        return CheckReport(
            outcome: .fails, passes: false, client: .init(user: "miredo", uid: 104, ports: [41905]),
            tunnel: TunnelStatus(
                interface: "teredo", address: "2001:0:505:501:0:5c4e:3efd:fdfd", server: "5.5.5.1",
                since: 1_000_000),
            interface: "eth0", address: "192.0.2.5", peer: "192.175.48.1",
            rows: [
                .init(
                    name: "I1", direction: "in", packet: "UDP to port 41905, from 192.175.48.1 on eth0",
                    verdict: .blocked, isProven: true, decision: policy,
                    text: "dropped by inet filter input: policy drop"),
                .init(
                    name: "I2", direction: "in", packet: "local discovery, 224.0.0.253 port 3544",
                    verdict: .unused, isProven: true,
                    text: "harmless: no program has joined this multicast group on eth0"),
                .init(
                    name: "O1", direction: "out", packet: "UDP from port 41905, to 192.175.48.1",
                    verdict: .passes, isProven: false, text: "no rule denies it"),
            ],
            findings: [
                .init(
                    .warning, "teredowalld", "the daemon does not run in this network namespace",
                    remedy: "systemctl start teredowalld"),
                .init(.note, "netdev guard egress", "filters outgoing packets at the interface"),
            ])
    }()

    private func text(_ report: CheckReport = report, width: Int? = nil, isColoured: Bool = false) -> String {
        CheckText(report, now: 1_000_125, sheet: Sheet(width: width, isColoured: isColoured)).text
    }

    @Test func `at 140 columns each row is a line`() {
        #expect(
            text(width: 140) == """
                Teredo would not pass: UDP port 41905 on eth0
                  Teredo      qualified for 2 min 5 s: 2001:0:505:501:0:5c4e:3efd:fdfd on teredo, server 5.5.5.1
                  I1 in   BLOCKED  UDP to port 41905, from 192.175.48.1 on eth0  dropped by inet filter input: policy drop
                  I2 in   unused   local discovery, 224.0.0.253 port 3544        harmless: no program has joined this multicast group on eth0
                  O1 out  passes   UDP from port 41905, to 192.175.48.1          no rule denies it (by reading the rules)
                  warning  teredowalld: the daemon does not run in this network namespace
                      systemctl start teredowalld
                  note     netdev guard egress: filters outgoing packets at the interface
                """)
    }

    @Test func `at 80 columns the text of a row that does not fit has a line of its own`() {
        #expect(
            text(width: 80) == """
                Teredo would not pass: UDP port 41905 on eth0
                  Teredo      qualified for 2 min 5 s: 2001:0:505:501:0:5c4e:3efd:fdfd on
                              teredo, server 5.5.5.1
                  I1 in   BLOCKED  UDP to port 41905, from 192.175.48.1 on eth0
                      dropped by inet filter input: policy drop
                  I2 in   unused   local discovery, 224.0.0.253 port 3544
                      harmless: no program has joined this multicast group on eth0
                  O1 out  passes   UDP from port 41905, to 192.175.48.1
                      no rule denies it (by reading the rules)
                  warning  teredowalld: the daemon does not run in this network namespace
                      systemctl start teredowalld
                  note     netdev guard egress: filters outgoing packets at the interface
                """)
    }

    @Test func `with colours the verdicts are coloured, and the words stay the same`() {
        let coloured = text(isColoured: true)
        #expect(coloured.contains("\u{1B}[31mBLOCKED\u{1B}[0m"))  // red
        #expect(coloured.contains("\u{1B}[32mpasses \u{1B}[0m"))  // green
        #expect(coloured.replacing(/\u{1B}\[[0-9]+m/, with: "") == text())
    }

    @Test func `a client without a tunnel is shown as not qualified, a missing client is not`() {
        var report = Self.report
        report.tunnel = nil
        #expect(text(report).contains("Teredo      not qualified: no interface has a Teredo address"))
        report.findings = [.init(.problem, "client", "no client runs")]
        #expect(!text(report).contains("qualified"))
    }

    @Test(arguments: [
        (CheckReport.Outcome.passes, "Teredo would pass: "),
        (.unknown, "Whether Teredo would pass is unknown: "),
        (.noClient, "No Teredo client runs; packets that do not depend on its port would pass: "),
    ])
    func `the first line is the result`(outcome: CheckReport.Outcome, words: String) {
        var report = Self.report
        report.outcome = outcome
        #expect(text(report).hasPrefix(words))
    }
}

/// The outcome that follows from rows and findings, and `passes`, which is nil when the outcome is unknown.
@Suite struct ConclusionTests {
    /// The conclusion from rows with these verdicts and problems with these subjects.
    private func report(
        _ verdicts: [CheckReport.Row.Verdict], problems: [String] = [], isExamined: Bool = true
    ) -> CheckReport {
        var report = CheckReport(outcome: .unknown, client: .init(user: "miredo", uid: 1, ports: []))
        report.rows = verdicts.map {
            .init(name: "O2", direction: "out", packet: "", verdict: $0, isProven: true, text: "")
        }
        report.findings = problems.map { .init(.problem, $0, "") }
        report.conclude(isExamined: isExamined)
        return report
    }

    @Test func `without a client nothing passes, and only other problems or blocked rows are failures`() {
        #expect(report([.passes, .unused], problems: ["client"]).outcome == .noClient)
        #expect(report([.passes, .unused], problems: ["client"]).passes == false)
        #expect(report([.blocked], problems: ["client"]).outcome == .fails)
        #expect(report([.passes], problems: ["client", "IPv6"]).outcome == .fails)
    }

    @Test func `an unknown row makes the result unknown, unless another row is blocked`() {
        #expect(report([.passes, .unknown]).outcome == .unknown)
        #expect(report([.passes, .unknown]).passes == nil)
        #expect(report([], isExamined: false).passes == nil)
        #expect(report([.unknown, .blocked]).outcome == .fails)
        #expect(report([.passes, .unused]).passes == true)
    }
}
