// SPDX-License-Identifier: GPL-2.0-or-later
import Control
import Testing

@testable import teredowall

struct StatusTextTests {
    static let status = Control.Status(
        version: "1.2.3", processID: 77, startedAt: 1000,
        client: Control.Status.Client(user: "miredo", uid: 104, ports: [40_000], since: 1900),
        leaseSeconds: 180,
        places: [
            PlaceStatus(
                kind: "nft", table: "inet filter", chains: ["input"],
                rules: [
                    RuleStatus(
                        name: "I1", chain: "teredowall-input", direction: "in", text: "udp dport @p",
                        packets: 3,
                        bytes: 300)
                ], leaseRemainingSeconds: 121)
        ],
        leftAlone: [LeftAloneStatus(name: "ip filter INPUT", reason: "owned by another process")],
        heals: [HealRecord(at: 8_000, place: "inet filter", cause: "x", processID: 9, processName: "nft")],
        lastError: "cannot renew the lease: no")

    @Test func `a pipe gets plain text`() {
        let text = StatusText(style: .plain, now: 8_260).text(of: Self.status)
        #expect(
            text == """
                teredowalld 1.2.3 (pid 77), running for 2 h 1 min
                  client      user miredo (uid 104), UDP port 40000 for 1 h 46 min
                  lease       3 min: what is open closes by itself that long after the daemon is gone
                  problem     cannot renew the lease: no
                  open in     inet filter (nft: input, 2 min 1 s left)
                    I1   in  udp dport @p  3 packets, 300 bytes
                  left alone  ip filter INPUT: owned by another process
                  healed      4 min 20 s ago: inet filter after a change by nft (pid 9)
                """)
    }

    @Test func `a terminal gets colour and the same words`() {
        let text = StatusText(style: .colour, now: 8_260).text(of: Self.status)
        #expect(text.contains("\u{1B}[32mUDP port 40000\u{1B}[0m"))
        let plain = text.replacing(/\u{1B}\[[0-9]+m/, with: "")
        #expect(plain == StatusText(style: .plain, now: 8_260).text(of: Self.status))
    }

    @Test func `a client that is not there is said to be so`() {
        var status = Self.status
        status.client = .init(user: "miredo", uid: 104)
        #expect(StatusText(style: .plain, now: 8_260).text(of: status).contains("(uid 104), not started"))
        status.client = .init(user: "miredo")
        #expect(StatusText(style: .plain, now: 8_260).text(of: status).contains("there is no user miredo"))
    }
}

struct MetricsTextTests {
    @Test func `every family has its head, and labels are escaped`() {
        var status = StatusTextTests.status
        status.places[0].table = "inet a\"b\\c"
        status.activity.openSeconds.add(seconds: 0.0004)
        status.activity.openSeconds.add(seconds: 5)
        let lines = MetricsText(status).text.split(separator: "\n")
        let table = #"table="inet a\"b\\c""#
        #expect(
            lines.contains(#"teredowall_rule_packets_total{chain="teredowall-input",rule="I1",\#(table)} 3"#))
        #expect(lines.contains(#"teredowall_open_seconds_bucket{le="0.00025"} 0"#))
        #expect(lines.contains(#"teredowall_open_seconds_bucket{le="0.0005"} 1"#))
        #expect(lines.contains(#"teredowall_open_seconds_bucket{le="+Inf"} 2"#))
        #expect(lines.contains("teredowall_failing 1"))
        let families = lines.filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != "{" && $0 != " " } }
        for family in Set(families) {
            let name = ["_bucket", "_sum", "_count"].reduce(String(family)) { name, suffix in
                name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
            }
            #expect(lines.contains { $0.hasPrefix("# TYPE \(name) ") }, "\(name)")
        }
    }
}
