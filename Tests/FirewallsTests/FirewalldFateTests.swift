// SPDX-License-Identifier: GPL-2.0-or-later
import Planner
import Testing

@testable import Firewalls

/// Tests the fates of rows whose packets only firewalld denies.
@Suite struct FirewalldFateTests {
    @Test(
        arguments: [
            ([LeftAlone(name: "inet firewalld_policy_drop", reason: "panic mode")], nil, "panic mode"),
            (
                [LeftAlone(name: "inet firewalld", reason: "excluded by firewall.exclude")], nil,
                "excluded by firewall.exclude"
            ),
            (
                [LeftAlone(name: "inet firewalld public", reason: "excluded by firewall.exclude")], nil,
                "excluded by firewall.exclude"
            ),
            ([], "no answer", "no answer"),
        ] as [([LeftAlone], String?, String)])
    func `a row that is not served has the reason of the table or zone left alone, or the problem`(
        leftAlone: [LeftAlone], problem: String?, reason: String
    ) {
        let fate = RowFate(row: "I1", direction: .input, interface: "eth0", outcome: .firewalld)
        let fates = [fate].withFirewalld(
            isServed: false, acceptsAll: false, leftAlone: leftAlone, problem: problem)
        #expect(fates.map(\.outcome) == [.notServed(nil, reason: reason)])
    }

    @Test func `in zones that accept everything, incoming packets pass without an exception`() {
        let fates = [
            RowFate(row: "I1", direction: .input, interface: "eth0", outcome: .firewalld),
            RowFate(row: "O1", direction: .output, interface: "eth0", outcome: .firewalld),
        ].withFirewalld(isServed: false, acceptsAll: true, leftAlone: [])
        #expect(
            fates.map(\.outcome) == [
                .open, .notServed(nil, reason: "firewalld's policies get no exceptions"),
            ])
    }
}
