// SPDX-License-Identifier: GPL-2.0-or-later
import Logging
import Testing

@testable import Daemon

@Suite struct DaemonLogTests {
    @Test func `an entry has separate fields for its kind, table and port`() {
        let fields = DaemonLog.fields(
            of: .entry(.portChanged, table: "inet filter", port: "41905"), message: "opened", priority: 5)
        let byName = Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value) })
        #expect(
            byName == [
                "MESSAGE": "opened", "PRIORITY": "5", "SYSLOG_IDENTIFIER": "teredowalld",
                "MESSAGE_ID": LogKind.portChanged.rawValue, "TEREDOWALL_TABLE": "inet filter",
                "TEREDOWALL_PORT": "41905",
            ])
    }

    @Test func `each kind of entry has a 128-bit number of its own`() {
        #expect(LogKind.allCases.allSatisfy { $0.rawValue.wholeMatch(of: /[0-9a-f]{32}/) != nil })
        #expect(Set(LogKind.allCases.map(\.rawValue)).count == LogKind.allCases.count)
    }
}
