// SPDX-License-Identifier: GPL-2.0-or-later
internal import Firewalls
internal import Nftables
internal import Planner
internal import Platform

/// Facts about a host besides the rows of the report, and the findings that follow from them.
struct HostFacts: Hashable, Sendable {
    enum IPv6: Hashable, Sendable {
        /// The kernel has no IPv6.
        case absent
        /// IPv6 is switched off for these: "all", "default" or the name of an interface.
        case disabled([String])
        case enabled
    }

    var user: String
    var userExists: Bool
    var ports: [UInt16]
    /// False when the administrator chose the port to examine, which needs no client.
    var needsClient = true
    var daemonProcess: Int32?
    /// The error of calling the running daemon; nil when it answered or none is running.
    var daemonError: String?
    var ipv6: IPv6 = .enabled
    /// The tunnel interface; nil until the client has an IPv6 address from its server.
    var tunnel: TeredoInterface?
    /// The name of the tunnel, or the name that it will have with Miredo's default.
    var tunnelName = "teredo"
    /// The tables of iptables-legacy and ip6tables-legacy in this network namespace; nil when they cannot be
    /// read.
    var legacyTables: [String]? = []
    var legacyTables6: [String]? = []
    /// The treatment of inner IPv6 connections; nil when the ruleset cannot be read.
    var innerFilter: InnerFilter?
    var leftAlone: [LeftAlone] = []
    /// Settings of firewalld that stop Teredo in spite of the exceptions, or that open its ports permanently.
    var firewalld: [FirewalldFinding] = []
    /// The number of changes that the daemon would make now.
    var pendingChanges = 0
    /// The chains of netdev tables at hook egress that have rules.
    var egressChains: [String] = []
    /// A port next to the client's to which packets are let in although no exception is for it.
    var openAdjacentPort: UInt16?

    typealias Finding = CheckReport.Finding

    /// The findings for the administrator, in order of severity.
    var findings: [Finding] {
        let all = clientFindings + ipv6Findings + firewallFindings + innerFindings
        return Finding.Severity.allCases.flatMap { severity in all.filter { $0.severity == severity } }
    }

    private var clientFindings: [Finding] {
        let severity: Finding.Severity = needsClient ? .problem : .note
        if !userExists {
            return [
                Finding(
                    severity, Finding.client, "there is no user \(user) on this host",
                    remedy: "install the Teredo client, or name its user in teredowall.toml (client.user)")
            ]
        }
        if !ports.isEmpty { return [] }
        return [
            Finding(
                severity, Finding.client, "the Teredo client (user \(user)) is not started: it has no port",
                remedy: "systemctl start miredo")
        ]
    }

    private var ipv6Findings: [Finding] {
        switch ipv6 {
        case .enabled: []
        case .absent:
            [
                Finding(
                    .problem, "IPv6", "the kernel has no IPv6, which is what Teredo carries",
                    remedy: "remove ipv6.disable=1 from the kernel's command line")
            ]
        case .disabled(let names):
            [
                Finding(
                    .problem, "IPv6",
                    "IPv6 is switched off (\(Self.settings(names).joined(separator: ", ")))",
                    remedy: "sysctl -w " + Self.settings(names, value: 0).joined(separator: " "))
            ]
        }
    }

    private static func settings(_ names: [String], value: Int = 1) -> [String] {
        names.map { "net.ipv6.conf.\($0).disable_ipv6=\(value)" }
    }

    private var firewallFindings: [Finding] {
        var found: [Finding] = []
        if daemonProcess == nil {
            found.append(
                Finding(
                    .warning, "teredowalld", "the daemon does not run in this network namespace",
                    remedy: "systemctl start teredowalld (in the network namespace NAME: teredowalld@NAME)"))
        } else if let daemonError {
            found.append(
                Finding(
                    .warning, "teredowalld", "it runs, but does not answer: \(daemonError)",
                    remedy: "give the --runtime-directory that it was started with, or restart it"))
        } else if pendingChanges > 0 {
            found.append(
                Finding(
                    .warning, "teredowalld", "it runs, but the exceptions are not as they should be",
                    remedy: "teredowall plan shows the changes, teredowall rescan makes them"))
        }
        found += leftAlone.map { Finding(.warning, $0.name, "left alone: \($0.reason)") }
        found += firewalld.map { Finding(.warning, $0.name, $0.reason) }
        for (program, tables) in [(LegacyTables.Program.iptables, legacyTables), (.ip6tables, legacyTables6)]
        {
            guard let item = LegacyTables.leftAlone(tables, of: program) else { continue }
            found.append(
                Finding(
                    .warning, item.name, item.reason,
                    remedy:
                        "look with \(program)-legacy -S -t TABLE; copy to nft with \(program)-legacy-save | "
                        + "\(program)-nft-restore, then delete the rules of \(program)-legacy"
                ))
        }
        found += egressChains.map {
            Finding(
                .note, $0, "filters outgoing packets at the interface, which test packets do not reach")
        }
        if let openAdjacentPort {
            found.append(
                Finding(
                    .note, "firewall",
                    "UDP to port \(openAdjacentPort), for which there is no exception, would come in as well: "
                        + "nothing denies it by default"))
        }
        return found
    }

    private var innerFindings: [Finding] {
        guard case .open(let rules)? = innerFilter else { return [] }
        let reason =
            rules.first.map { "\($0.chain) accepts all of it (\($0.summary))" }
            ?? "no chain denies it by default"
        return [
            Finding(
                .warning, "inner IPv6",
                "what comes out of the tunnel (\(tunnelName)) is not filtered: \(reason); the whole IPv6 Internet "
                    + "reaches every service on this host",
                remedy:
                    "set guard = \"unsolicited\" in section [inner] of teredowall.toml, which drops unsolicited "
                    + "packets, and reload teredowalld; or let in what you want and drop the rest with these nft rules: "
                    + "table ip6 teredo-inner { chain input { "
                    + "type filter hook input priority filter; iifname != \"\(tunnelName)\" accept; "
                    + "ct state established,related accept; meta l4proto ipv6-icmp accept; drop; }; }")
        ]
    }
}
