// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import Platform
import TestSupport
import Testing

private let port: UInt16 = 41234
private let openings = Openings(ports: [port], clientUser: 0, igmp: true)
private let lease = Duration.seconds(3)

/// A way of saving and restoring a ruleset, and the kind of firewall that is saved.
private enum Copy: String, CaseIterable, CustomTestStringConvertible {
    /// A native nft table, saved by nft as text or as JSON.
    case nativeText, nativeJSON
    /// Tables of iptables, saved as text by nft, or by iptables-save.
    case iptablesText, iptablesSave

    var testDescription: String { rawValue }

    fileprivate var isNative: Bool { self == .nativeText || self == .nativeJSON }

    /// A shell command that makes the firewall of the host.
    var setUp: String {
        isNative
            ? """
            nft -f - <<'END'
            table inet filter {
                chain input { type filter hook input priority filter; policy drop; iif lo accept; }
                chain output { type filter hook output priority filter; policy drop; oif lo accept; }
            }
            END
            """
            : """
            iptables -A INPUT -i lo -j ACCEPT; iptables -P INPUT DROP
            iptables -A OUTPUT -o lo -j ACCEPT; iptables -P OUTPUT DROP
            """
    }

    /// A shell command that saves the ruleset.
    var save: String {
        switch self {
        case .nativeText, .iptablesText: "(echo flush ruleset; nft list ruleset 2>/dev/null) >/run/copy"
        case .nativeJSON:
            #"nft -j list ruleset | sed 's/{"nftables": \[/&{"flush": {"ruleset": null}}, /' >/run/copy"#
        case .iptablesSave: "iptables-save >/run/copy"
        }
    }

    /// A shell command that replaces the ruleset by the saved one.
    var load: String {
        switch self {
        case .nativeText, .iptablesText: "nft -f /run/copy"
        case .nativeJSON: "nft -j -f /run/copy"
        case .iptablesSave: "iptables-restore /run/copy"
        }
    }

    /// The present rules. Rules with a time range in iptables' tables that nft saved as text are left out: the
    /// copies have no comments, so that teredowall does not recognise them. They end with their time range.
    func rules(of host: IptablesHost) throws -> [Substring] {
        if self == .iptablesSave { return try host.saved().map { $0[...] } }
        return try host.network.listing().split(separator: "\n").filter { line in
            self != .iptablesText || !line.contains("meta time \"")
        }
    }
}

/// UTC, Tokyo, and Los Angeles in winter, written so that no time zone database is needed.
let timeZonesOfCopies = ["UTC0", "JST-9", "PST8"]

@Suite(.enabledAsRoot) struct CopyTests {
    @Test(arguments: Copy.allCases)
    fileprivate func `a copy restored while no daemon runs is open for one lease at most, and is removed`(
        copy: Copy
    ) async throws {
        let policy = Policy(lease: lease)
        try await Self.inEachTimeZone(copy) { host, timeZone, traffic in
            let firewall = try host.firewall()
            // The usual lease at first, so that it does not end before the packet arrives.
            _ = try firewall.reconcile(openings, policy: Policy())
            #expect(try traffic.withLongWait.comesIn(to: port))
            _ = try firewall.reconcile(openings, policy: policy)
            let saved = WallClock.now
            try host.shell("export TZ=\(timeZone); \(copy.save); nft flush ruleset; \(copy.load)")

            try Self.expectOneLease(copy, host, since: saved)
            try await eventually("the copy closes (\(timeZone))", within: .seconds(30)) {
                try !traffic.comesIn(to: port)
            }
            // Restores it once more after the lease: it may be open only for the rest of the lease as saved.
            try host.shell("export TZ=\(timeZone); nft flush ruleset; \(copy.load)")
            try await eventually("the copy closes again (\(timeZone))", within: .seconds(30)) {
                try !traffic.comesIn(to: port)
            }
            _ = try host.firewall().reconcile(nil, policy: policy)
        }
    }

    @Test(arguments: Copy.allCases)
    fileprivate func `a copy restored while the daemon runs gets its comments back and is removed later`(
        copy: Copy
    ) async throws {
        try await Self.inEachTimeZone(copy) { host, timeZone, traffic in
            let firewall = try host.firewall()
            _ = try firewall.reconcile(openings, policy: Policy())
            let withExceptions = try Set(Self.timeless(host))
            try host.shell("export TZ=\(timeZone); \(copy.save); \(copy.load)")
            _ = try firewall.reconcile(openings, policy: Policy())

            #expect(try Set(Self.timeless(host)).isSuperset(of: withExceptions), "\(timeZone)")
            #expect(try firewall.plan(openings, policy: Policy()).operations == [])
            #expect(try traffic.withLongWait.comesIn(to: port))
            _ = try firewall.reconcile(nil, policy: Policy())
        }
    }

    /// Runs `body` once for each time zone, on a host with the firewall to copy. Afterwards no rule of
    /// teredowall may be left.
    private static func inEachTimeZone(
        _ copy: Copy,
        _ body: @Sendable (_ host: IptablesHost, _ timeZone: String, _ traffic: Traffic) async throws -> Void
    ) async throws {
        try await IptablesHost.with { host in
            for timeZone in timeZonesOfCopies {
                try host.run("nft", "flush", "ruleset")
                try host.shell(copy.setUp)
                let before = try copy.rules(of: host)
                try await body(host, timeZone, Traffic(host: host.network, peer: host.peer, ports: [port]))
                #expect(try copy.rules(of: host) == before, "\(timeZone)")
                #expect(try !host.network.listing().contains("teredowall"), "\(timeZone)")
            }
        }
    }

    /// Expects that every time range is as long as one lease, whatever time zone it was written in. Only rules in
    /// iptables' tables have time ranges.
    private static func expectOneLease(_ copy: Copy, _ host: IptablesHost, since saved: Int64) throws {
        let listing = try host.shell("export TZ=UTC0; nft list ruleset 2>/dev/null")
        /// Seconds since 1970.
        func second(_ text: Substring) throws -> Double {
            let date = ISO8601DateFormatter().date(from: text.replacing(" ", with: "T") + "Z")
            return try #require(date).timeIntervalSince1970
        }
        let timeRanges = listing.matches(of: /meta time "([^"]+)"-"([^"]+)"/)
        #expect(timeRanges.isEmpty == copy.isNative, "\(listing)")
        for match in timeRanges {
            let (start, stop) = (try second(match.1), try second(match.2))
            // A range begins 60 seconds before it is written and ends with the lease of 3 seconds; two more seconds are
            // tolerated.
            #expect(stop - start <= 60 + 3 + 2, "\(match.0)")
            // No time zone is more than 14 hours from UTC. Two minutes more are tolerated: the range begins
            // 60 seconds before it is written, and the commands take time.
            #expect(abs(start - Double(saved)) <= 14 * 3600 + 120, "\(match.0)")
        }
    }

    /// The lines of the listing, with the times of the time ranges replaced by "T".
    private static func timeless(_ host: IptablesHost) throws -> [String] {
        try host.network.listing().split(separator: "\n").map { line in
            String(line.replacing(/"20\d\d-[^"]*"/) { _ in "T" })
        }
    }
}
