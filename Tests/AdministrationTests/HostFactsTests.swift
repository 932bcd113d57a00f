// SPDX-License-Identifier: GPL-2.0-or-later
import Nftables
import Planner
import Testing

@testable import Administration

/// A host with one problem, and the expected finding.
private struct Row: CustomTestStringConvertible {
    var testDescription: String
    var severity: CheckReport.Finding.Severity
    var subject: String
    var words: [String]
    var change: @Sendable (inout HostFacts) -> Void

    init(
        _ name: String, _ severity: CheckReport.Finding.Severity, _ subject: String, _ words: String...,
        change: @escaping @Sendable (inout HostFacts) -> Void
    ) {
        testDescription = name
        self.severity = severity
        self.subject = subject
        self.words = words
        self.change = change
    }

    static let all: [Row] = [
        Row("no user", .problem, "client", "no user miredo", "client.user") { $0.userExists = false },
        Row("no port", .problem, "client", "not started", "systemctl start miredo") { $0.ports = [] },
        Row("no port, but another is examined", .note, "client", "not started") {
            $0.ports = []
            $0.needsClient = false
        },
        Row("no IPv6", .problem, "IPv6", "kernel has no IPv6") { $0.ipv6 = .absent },
        Row(
            "IPv6 off", .problem, "IPv6", "net.ipv6.conf.all.disable_ipv6=1, net.ipv6.conf.default",
            "sysctl -w net.ipv6.conf.all.disable_ipv6=0"
        ) { $0.ipv6 = .disabled(["all", "default"]) },
        Row("no daemon", .warning, "teredowalld", "does not run", "systemctl start") {
            $0.daemonProcess = nil
        },
        Row("exceptions missing", .warning, "teredowalld", "not as they should be", "teredowall plan") {
            $0.pendingChanges = 2
        },
        Row("owned table", .warning, "inet vpn input", "left alone: owned by another process") {
            $0.leftAlone = [
                LeftAlone(name: "inet vpn input", reason: "owned by another process (netlink port 7)")
            ]
        },
        Row("legacy", .warning, "iptables-legacy", "filter, raw", "iptables-legacy-save") {
            $0.legacyTables = ["filter", "raw"]
        },
        Row("legacy for IPv6", .warning, "ip6tables-legacy", "filter", "ip6tables-legacy -S") {
            $0.legacyTables6 = ["filter"]
        },
        Row("egress", .note, "netdev edge out", "at the interface") { $0.egressChains = ["netdev edge out"] },
        Row("open anyway", .note, "firewall", "41235", "nothing denies it") { $0.openNeighbour = 41235 },
        Row("inner open", .warning, "inner IPv6", "no chain denies it", "iifname != \"tun7\" accept") {
            $0.tunnelName = "tun7"
            $0.innerFilter = .open(acceptedBy: [])
        },
        Row(
            "inner let in", .warning, "inner IPv6",
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
    private let inOrder = HostFacts(
        user: "miredo", userExists: true, ports: [41234], daemonProcess: 7,
        innerFilter: .denied(by: ChainName(TableName(.inet, "filter"), "input")))

    @Test func `a host in order has no findings, nor do unreadable settings`() {
        #expect(inOrder.findings == [])
        var unread = inOrder
        unread.legacyTables = nil
        unread.innerFilter = nil
        #expect(unread.findings == [])
    }

    @Test(arguments: Row.all)
    fileprivate func `one problem is one finding`(row: Row) throws {
        var facts = inOrder
        row.change(&facts)
        let finding = try #require(facts.findings.first)
        #expect(facts.findings.count == 1)
        #expect(finding.severity == row.severity)
        #expect(finding.subject == row.subject)
        for word in row.words {
            #expect("\(finding.text) \(finding.remedy ?? "")".contains(word), "\(finding)")
        }
    }

    @Test func `the most severe finding comes first`() {
        var facts = inOrder
        for row in Row.all { row.change(&facts) }
        let severities = facts.findings.map(\.severity)
        #expect(severities.first == .problem)
        #expect(severities.last == .note)
        let ranks = severities.compactMap { CheckReport.Finding.Severity.allCases.firstIndex(of: $0) }
        #expect(ranks == ranks.sorted())
    }
}
