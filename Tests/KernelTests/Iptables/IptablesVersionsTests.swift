// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import Platform
import TestSupport
import Testing

/// The iptables of another Debian release, in a fresh network namespace.
private struct OtherIptables {
    let network: NetworkNamespace
    private let root: String

    /// Tests/Hosts/prepare.sh has downloaded the packages of the release (its code name, such as trixie).
    init(from release: String) throws {
        network = try .forTest()
        let script = packageRoot.appending(path: "Tests/Hosts/iptables-root.sh").path
        root = try runProgram("bash", [script, release]).trimmingCharacters(in: .newlines)
    }

    /// Runs a program of that release, with this time zone, and returns its output.
    @discardableResult
    func run(
        _ program: String, _ arguments: String..., timeZone: String = "UTC0", input: String? = nil
    ) throws -> String {
        try network.command(
            "env", ["TZ=\(timeZone)", "chroot", root, "/usr/sbin/\(program)"] + arguments, input: input)
    }

    /// The rules as saved, without dates and the packet counters of policies, which differ each time.
    func saved() throws -> [String] {
        try run("iptables-nft-save").split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            line.hasPrefix(":") ? line.prefix { $0 != "[" }.description : String(line)
        }
    }
}

@Suite(.enabledAsRoot) struct IptablesVersionsTests {
    private static let rules = """
        *filter
        :INPUT DROP [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT DROP [0:0]
        -A INPUT -i lo -j ACCEPT
        -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
        -A OUTPUT -o lo -j ACCEPT
        -A OUTPUT -j REJECT --reject-with icmp-port-unreachable
        COMMIT

        """

    /// The versions write the protocol UDP as a number or as a name.
    @Test(arguments: [("bullseye", "v1.8.7", "17"), ("trixie", "v1.8.11", "udp")])
    func `iptables lists, saves and restores our rules unchanged`(
        release: (name: String, version: String, udp: String)
    ) throws {
        let host = try OtherIptables(from: release.name)
        #expect(try host.run("iptables-nft", "--version").contains(release.version))
        try host.run("iptables-nft-restore", input: Self.rules)
        let before = try host.saved()
        let openings = Openings(ports: [41234], clientUser: 104, igmp: true)
        _ = try host.network.firewall().reconcile(openings, policy: Policy())

        let withExceptions = try host.saved()
        let ours = withExceptions.filter { $0.contains("teredowall: ") }
        // One for each row, and IGMP in both directions.
        #expect(ours.count == 6)
        let portRule = try #require(ours.first)
        #expect(
            portRule.hasPrefix("-A INPUT -p \(release.udp) -m udp --dport 41234 -m time --datestart "))
        #expect(portRule.hasSuffix(#" -m comment --comment "teredowall: Teredo service port, in" -j ACCEPT"#))
        #expect(ours.allSatisfy { $0.contains("--datestop") && $0.contains(" -p ") })
        #expect(ours.contains { $0.contains("--dport 3544 -m owner --uid-owner 104") })
        #expect(try host.run("iptables-nft", "-n", "-L").contains("udp spt:41234"))

        for timeZone in timeZonesOfCopies {
            let copy = try host.run("iptables-nft-save", timeZone: timeZone)
            try host.run("iptables-nft-restore", timeZone: timeZone, input: copy)
            #expect(try host.saved() == withExceptions, "\(timeZone)")
            // As by a daemon that is started after the copy was restored.
            _ = try host.network.firewall().reconcile(nil, policy: Policy())
            #expect(try host.saved() == before, "\(timeZone)")
            // The next round saves the copy, and the next daemon below takes the last one over.
            try host.run("iptables-nft-restore", timeZone: timeZone, input: copy)
        }
        let next = try host.network.firewall()
        _ = try next.reconcile(openings, policy: Policy())
        #expect(try next.plan(openings, policy: Policy()).operations == [])
        #expect(try host.saved().count == withExceptions.count)
        _ = try next.reconcile(nil, policy: Policy())
        #expect(try host.saved() == before)
    }

    /// Uses texts that these versions of iptables saved, because some of the versions are hard to obtain.
    @Test(arguments: ["1.8.7", "1.8.9", "1.8.11", "1.8.13"])
    func `an expired copy of our rules, saved by any version of iptables, opens nothing and is removed`(
        version: String
    ) async throws {
        let file = packageRoot.appending(path: "Tests/Hosts/saved/iptables-\(version).ipt")
        let text = try String(contentsOf: file, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        try await IptablesHost.with { host in
            let foreignRules = lines.filter { !$0.contains("teredowall") }.joined(separator: "\n")
            try host.run("iptables-restore", input: foreignRules)
            let before = try host.saved()
            try host.run("iptables-restore", input: text)
            // One for each row, and IGMP in both directions.
            #expect(try host.saved().count { $0.contains("teredowall: ") } == 6)
            let traffic = try Traffic(host: host.network, peer: host.peer, ports: [41234])
            #expect(try !traffic.comesIn(to: 41234))
            _ = try host.firewall().reconcile(nil, policy: Policy())
            #expect(try host.saved() == before)
        }
    }
}
