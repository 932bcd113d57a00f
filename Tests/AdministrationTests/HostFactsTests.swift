// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import Testing

@testable import Administration

/// A host with one problem, and the expected finding.
private struct HostProblem: CustomTestStringConvertible {
    var testDescription: String
    var severity: CheckReport.Finding.Severity
    var subject: String
    /// Texts that the finding or its remedy contains.
    var texts: [String]
    /// Gives a host without problems this one.
    var change: @Sendable (inout HostFacts) -> Void

    init(
        _ name: String, _ severity: CheckReport.Finding.Severity, _ subject: String, _ texts: String...,
        change: @escaping @Sendable (inout HostFacts) -> Void
    ) {
        testDescription = name
        self.severity = severity
        self.subject = subject
        self.texts = texts
        self.change = change
    }

    static let all: [HostProblem] = [
        HostProblem("no user", .problem, "client", "no user miredo", "client.user") { $0.userExists = false },
        HostProblem("no port", .problem, "client", "not started", "systemctl start miredo") { $0.ports = [] },
        HostProblem("no port, but another is examined", .note, "client", "not started") {
            $0.ports = []
            $0.needsClient = false
        },
        HostProblem("no IPv6", .problem, "IPv6", "kernel has no IPv6") { $0.ipv6 = .absent },
        HostProblem(
            "IPv6 off", .problem, "IPv6", "net.ipv6.conf.all.disable_ipv6=1, net.ipv6.conf.default",
            "sysctl -w net.ipv6.conf.all.disable_ipv6=0"
        ) { $0.ipv6 = .disabled(["all", "default"]) },
        HostProblem("no daemon", .warning, "teredowalld", "does not run", "systemctl start") {
            $0.daemonProcess = nil
        },
        HostProblem("exceptions missing", .warning, "teredowalld", "not as they should be", "teredowall plan")
        {
            $0.pendingChanges = 2
        },
        HostProblem(
            "table of another process", .warning, "inet vpn input", "left alone: owned by another process"
        ) {
            $0.leftAlone = [
                LeftAlone(name: "inet vpn input", reason: "owned by another process (netlink port 7)")
            ]
        },
        HostProblem(
            "iptables-legacy in use", .warning, "iptables-legacy", "filter, raw", "iptables-legacy-save"
        ) {
            $0.legacyTables = ["filter", "raw"]
        },
        HostProblem("ip6tables-legacy in use", .warning, "ip6tables-legacy", "filter", "ip6tables-legacy -S")
        {
            $0.legacyTables6 = ["filter"]
        },
        HostProblem("chain at the hook egress", .note, "netdev edge out", "at the interface") {
            $0.egressChains = ["netdev edge out"]
        },
        HostProblem("open without exception", .note, "firewall", "41235", "nothing denies it") {
            $0.openAdjacentPort = 41235
        },
        HostProblem(
            "inner IPv6 not filtered", .warning, "inner IPv6", "no chain denies it",
            "iifname != \"tun7\" accept"
        ) {
            $0.tunnelName = "tun7"
            $0.innerFilter = .open(acceptedBy: [])
        },
        HostProblem(
            "inner IPv6 accepted by a rule", .warning, "inner IPv6",
            "inet filter input accepts all of it (iifname \"teredo\" accept)"
        ) {
            let rule = Rule(
                chain: ChainName(TableName(.inet, "filter"), "input"),
                expressions: [
                    .meta(.interfaceNameIn), .compare(.equal, Array("teredo".utf8) + [0]), .verdict(.accept),
                ])
            $0.innerFilter = .open(acceptedBy: [rule])
        },
    ]
}

struct HostFactsTests {
    private let healthy = HostFacts(
        user: "miredo", userExists: true, ports: [41234], daemonProcess: 7,
        innerFilter: .denied(by: ChainName(TableName(.inet, "filter"), "input")))

    @Test func `a host without problems has no findings, and unreadable settings give none`() {
        #expect(healthy.findings == [])
        var unread = healthy
        unread.legacyTables = nil
        unread.innerFilter = nil
        #expect(unread.findings == [])
    }

    @Test(arguments: HostProblem.all)
    fileprivate func `one problem is one finding`(problem: HostProblem) throws {
        var facts = healthy
        problem.change(&facts)
        let finding = try #require(facts.findings.first)
        #expect(facts.findings.count == 1)
        #expect(finding.severity == problem.severity)
        #expect(finding.subject == problem.subject)
        for text in problem.texts {
            #expect("\(finding.text) \(finding.remedy ?? "")".contains(text), "\(finding)")
        }
    }

    @Test func `the most severe finding comes first`() {
        var facts = healthy
        for problem in HostProblem.all { problem.change(&facts) }
        let severities = facts.findings.map(\.severity)
        #expect(severities.first == .problem)
        #expect(severities.last == .note)
        let ranks = severities.compactMap { CheckReport.Finding.Severity.allCases.firstIndex(of: $0) }
        #expect(ranks == ranks.sorted())
    }
}
