// SPDX-License-Identifier: GPL-2.0-or-later
import Control
import Testing

@testable import teredowall

@Suite struct StatusTextTests {
    static let rules = [
        RuleStatus(
            name: "I1", chain: "teredowall-input", direction: "in",
            text: "meta nfproto ipv4 udp dport @teredowall-ports", packets: 3, bytes: 300),
        RuleStatus(
            name: "O1", chain: "teredowall-output", direction: "out",
            text: "meta nfproto ipv4 udp sport @teredowall-ports", packets: 1, bytes: 89),
    ]

    static let status = Control.Status(
        version: "1.2.3", processID: 77, startedAt: 1000, networkNamespace: 4_026_531_840,
        client: Control.Status.Client(user: "miredo", uid: 104, ports: [40_000], since: 1900),
        tunnel: TunnelStatus(
            interface: "teredo", address: "2001:0:505:501:c5e:6a98:f9f9:f9fd", server: "5.5.5.1", since: 2000),
        leaseSeconds: 180,
        rows: [
            RowStatus(interface: "eth0", name: "I1", state: .open, place: "inet filter input"),
            RowStatus(
                interface: "eth0", name: "I2", state: .denied, place: "inet filter input",
                reason: "rule 3 (handle 7): ip daddr 224.0.0.0/4 drop"),
            RowStatus(interface: "eth0", name: "O1", state: .unfiltered),
            RowStatus(
                interface: "eth0", name: "O2", state: .unserved, place: "ip filter OUTPUT",
                reason: "owned by another process; denied by its policy"),
        ],
        places: [
            AttachmentStatus(
                kind: "own table", table: "inet teredowall", chains: ["input", "output"], rules: rules,
                leaseRemainingSeconds: 121),
            AttachmentStatus(
                kind: "nft", table: "inet filter", chains: ["input"], rules: rules, leaseRemainingSeconds: 121
            ),
        ],
        leftAlone: [LeftAloneStatus(name: "ip filter OUTPUT", reason: "owned by another process")],
        heals: [HealRecord(at: 8_000, place: "inet filter", cause: "x", processID: 9, processName: "nft")],
        lastError: "cannot renew the lease: no")

    private func text(
        _ status: Control.Status = Self.status, width: Int? = nil, isColoured: Bool = false
    ) -> String {
        StatusText(status, now: 8_260, sheet: Sheet(width: width, isColoured: isColoured)).text
    }

    /// The text where every line fits.
    private static let wide = """
        teredowalld: UDP port 40000 open; the firewall is not as it should be; O2 not served; I2 denied by your rules
          daemon      version 1.2.3, pid 77, running for 2 h 1 min, network namespace net:[4026531840]
          client      user miredo (uid 104), UDP port 40000 for 1 h 46 min
          Teredo      qualified for 1 h 44 min: 2001:0:505:501:c5e:6a98:f9f9:f9fd on teredo, server 5.5.5.1
          lease       3 min: if the daemon is killed, all openings end within this time
          problem     cannot renew the lease: no
          eth0        I1 in, to the service port     open          by inet filter input
                      I2 in, local discovery         denied        inet filter input: rule 3 (handle 7): ip daddr 224.0.0.0/4 drop
                      O1 out, from the service port  not filtered
                      O2 out, to Teredo servers      NOT SERVED    ip filter OUTPUT: denied by its policy (left alone: see below)
          rules in    inet teredowall (own table: input, output, 2 min 1 s left)
            I1 in  meta nfproto ipv4 udp dport @teredowall-ports: 3 packets, 300 bytes
            O1 out meta nfproto ipv4 udp sport @teredowall-ports: 1 packet, 89 bytes
          rules in    inet filter (your nft rules: input, 2 min 1 s left)
            packets: I1 3, O1 1
          left alone  ip filter OUTPUT: owned by another process
          healed      4 min 20 s ago: inet filter after a change by nft (pid 9)
        """

    @Test func `without a width no line is wrapped, and the summary comes first`() {
        #expect(text() == Self.wide)
    }

    @Test func `at 80 columns every line fits, and no word is lost`() {
        let narrow = text(width: 80)
        #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(
            narrow.split(whereSeparator: \.isWhitespace) == text().split(whereSeparator: \.isWhitespace))
        #expect(
            narrow == """
                teredowalld: UDP port 40000 open; the firewall is not as it should be; O2 not
                  served; I2 denied by your rules
                  daemon      version 1.2.3, pid 77, running for 2 h 1 min, network namespace
                              net:[4026531840]
                  client      user miredo (uid 104), UDP port 40000 for 1 h 46 min
                  Teredo      qualified for 1 h 44 min: 2001:0:505:501:c5e:6a98:f9f9:f9fd on
                              teredo, server 5.5.5.1
                  lease       3 min: if the daemon is killed, all openings end within this time
                  problem     cannot renew the lease: no
                  eth0        I1 in, to the service port     open          by inet filter input
                              I2 in, local discovery         denied
                                  inet filter input: rule 3 (handle 7): ip daddr 224.0.0.0/4
                                  drop
                              O1 out, from the service port  not filtered
                              O2 out, to Teredo servers      NOT SERVED
                                  ip filter OUTPUT: denied by its policy (left alone: see below)
                  rules in    inet teredowall (own table: input, output, 2 min 1 s left)
                    I1 in  meta nfproto ipv4 udp dport @teredowall-ports: 3 packets, 300 bytes
                    O1 out meta nfproto ipv4 udp sport @teredowall-ports: 1 packet, 89 bytes
                  rules in    inet filter (your nft rules: input, 2 min 1 s left)
                    packets: I1 3, O1 1
                  left alone  ip filter OUTPUT: owned by another process
                  healed      4 min 20 s ago: inet filter after a change by nft (pid 9)
                """)
        #expect(text(width: 140) == Self.wide)
    }

    @Test func `with colours the words stay the same`() {
        let coloured = text(isColoured: true)
        #expect(coloured.contains("\u{1B}[32mopen\u{1B}[0m"))
        #expect(coloured.contains("\u{1B}[31mNOT SERVED\u{1B}[0m"))
        #expect(coloured.contains("\u{1B}[33mip filter OUTPUT: owned"))
        #expect(coloured.contains("\u{1B}[36m4 min 20 s ago"))
        #expect(coloured.replacing(/\u{1B}\[[0-9]+m/, with: "") == text())
    }

    @Test func `the rows of the service port are not shown as open while no port is open`() {
        var status = Self.status
        status.client = .init(user: "miredo", uid: 104)
        #expect(text(status).contains("I1 in, to the service port     ready         by inet filter input"))
        status.client = .init(
            user: "miredo", uid: 104, ports: [40_000],
            withheld: [.init(port: 40_000, reason: "a socket of user 1000 would receive it")])
        #expect(text(status).contains("I1 in, to the service port     ready         by inet filter input"))
    }

    @Test func `a port that is open on one address and not on another is shown as open`() {
        var status = Self.status
        status.client = .init(
            user: "miredo", uid: 104, ports: [40_000], opened: [40_000],
            withheld: [
                .init(
                    port: 40_000, address: "192.0.2.1",
                    reason: "the client has more than 16 ports, and only the oldest open")
            ])
        #expect(text(status).contains("UDP port 40000 open"))
        #expect(!text(status).contains("ready"))
    }

    @Test func `a missing client is reported and is no fault`() {
        var status = Self.status
        (status.lastError, status.leftAlone, status.rows) = (nil, [], [])
        status.client = .init(user: "miredo", uid: 104)
        #expect(text(status).contains("(uid 104), not started"))
        #expect(text(status).hasPrefix("teredowalld: no Teredo client is running\n"))
        #expect(!text(status).contains("qualified"))
        #expect(StatusText.isWell(status))
        status.client = .init(user: "miredo")
        #expect(text(status).contains("there is no user miredo"))
    }

    @Test func `a client without an address is not qualified`() {
        var status = Self.status
        status.tunnel = nil
        #expect(text(status).contains("  Teredo      not qualified"))
    }

    @Test func `the status shows whether the kernel reports binds, and why not`() {
        var status = Self.status
        status.client.probe = .init(inUse: true)
        #expect(text(status).contains("  detection   the kernel reports each bind of the client\n"))
        status.client.probe = .init(inUse: false, reason: "switched off")
        #expect(
            text(status).contains(
                "  detection   the client's port is looked for, as the kernel does not report binds (switched off)\n"
            ))
        #expect(MetricsText(status).text.contains("teredowall_probe_in_use{reason=\"switched off\"} 0"))
    }

    @Test(arguments: [
        ("report", "changes are reported, not made"), ("own-table", "no exception is made in other tables"),
    ])
    func `a mode other than auto is named`(mode: String, words: String) {
        var status = Self.status
        status.mode = mode
        #expect(text(status).contains("  mode        \(mode): ") && text(status).contains(words))
    }

    @Test func `a note about a place is shown with it and is no problem`() {
        var status = Self.status
        (status.lastError, status.leftAlone, status.rows) = (nil, [], [])
        #expect(!text(status).contains("note"))
        status.places[1].note = "the exceptions have no time limit"
        #expect(text(status).contains("    note: the exceptions have no time limit\n"))
        #expect(text(status).contains("end within this time (except where a note states otherwise)\n"))
        #expect(StatusText.isWell(status))
    }

    @Test func `the exit status depends on the problems shown`() {
        var well = Self.status
        (well.lastError, well.leftAlone, well.rows) = (nil, [], [])
        #expect(StatusText.isWell(well))
        let faults: [(inout Control.Status) -> Void] = [
            { $0.lastError = "no" }, { $0.leftAlone = Self.status.leftAlone },
            { $0.configuration.lastError = "line 3" },
            { $0.rows = [RowStatus(name: "I1", state: .unserved)] },
        ]
        for fault in faults {
            var status = well
            fault(&status)
            #expect(!StatusText.isWell(status))
        }
        well.rows = [RowStatus(name: "I1", state: .denied)]
        #expect(StatusText.isWell(well), "an administrator's denial is as it should be")
    }

    @Test func `a refused configuration is shown with its error`() {
        var status = Self.status
        status.configuration.lastError = "/etc/x.toml:3: no"
        #expect(
            text(status).contains("  refused     configuration: /etc/x.toml:3: no; the previous one stays"))
    }
}
