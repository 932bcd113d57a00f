// SPDX-License-Identifier: GPL-2.0-or-later
import Control
import Nftables
import Planner
import Testing

@testable import Daemon

@Suite struct StoppedRowsTests {
    private static let input = ChainName(TableName(.inet, "vpn"), "input")
    private static let excluded = "excluded by firewall.exclude"

    private func fate(
        _ row: String, _ interface: String?, _ outcome: RowFate.Outcome
    ) -> RowFate {
        RowFate(
            row: row, direction: row.hasPrefix("I") ? .input : .output, interface: interface, outcome: outcome
        )
    }

    @Test func `rows with the same obstacle share one line`() {
        let closed = RowFate.Outcome.notServed(DecidingRule(chain: Self.input), reason: Self.excluded)
        let undecided = RowFate.Outcome.unknown(
            DecidingRule(chain: Self.input, text: "meta cpu 3 drop", position: 4, handle: 9),
            reason: "undecidable")
        let stopped = StoppedRows.all(in: [
            fate("I1", "eth0", closed), fate("I2", "eth0", closed), fate("O1", "eth0", undecided),
            fate("I1", "eth1", closed), fate("I2", "eth1", closed),
        ])
        #expect(
            stopped.map(\.text) == [
                "I1, I2 on eth0, eth1 not served: excluded by firewall.exclude; denied by inet vpn input, its policy",
                "O1 on eth0 may be stopped: undecidable: inet vpn input, rule 4, handle 9 (meta cpu 3 drop)",
            ])
    }

    @Test func `each outcome has its state, its place and its reason`() {
        let rule = DecidingRule(chain: Self.input, text: "udp drop", position: 7, handle: 18)
        func status(_ outcome: RowFate.Outcome) -> RowStatus { RowStatus(fate("I1", "eth0", outcome)) }
        func expected(_ state: RowStatus.State, _ place: String?, _ reason: String?) -> RowStatus {
            RowStatus(interface: "eth0", name: "I1", state: state, place: place, reason: reason)
        }
        #expect(status(.open) == expected(.unfiltered, nil, nil))
        #expect(status(.openByUs([Self.input])) == expected(.open, "inet vpn input", nil))
        #expect(status(.firewalld) == expected(.open, "firewalld", nil))
        #expect(
            status(.explicitlyDenied(rule))
                == expected(.denied, "inet vpn input", "rule 7, handle 18 (udp drop)"))
        #expect(
            status(.notServed(DecidingRule(chain: Self.input), reason: Self.excluded))
                == expected(.unserved, "inet vpn input", "\(Self.excluded); denied by its policy"))
        #expect(status(.notServed(nil, reason: Self.excluded)) == expected(.unserved, nil, Self.excluded))
        #expect(
            status(.unknown(rule, reason: "undecidable"))
                == expected(.unknown, "inet vpn input", "undecidable: rule 7, handle 18 (udp drop)"))
    }
}
