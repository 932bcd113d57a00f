// SPDX-License-Identifier: GPL-2.0-or-later
import Configuration
import Foundation
import TestSupport
import Testing

@testable import Administration
@testable import Control

/// Compares teredowall-json(5) and the installed varlink interface with the printed JSON.
@Suite struct JSONDocumentationTests {
    @Test func `teredowall-json(5) has every key of a check, and no other`() throws {
        let rule = CheckReport.ReportedRule(
            table: "inet filter", chain: "input", position: 3, handle: 4, rule: "drop")
        let row = CheckReport.Row(
            name: "I1", direction: "in", packet: "UDP", verdict: .blocked, isProven: true, decision: rule,
            acceptedBy: [rule], text: "dropped", remedy: "wait")
        let report = CheckReport(
            outcome: .fails, passes: false, client: .init(user: "miredo", uid: 1, ports: [1]),
            tunnel: TunnelStatus(interface: "teredo", address: "2001::1", server: "192.0.2.3", since: 1),
            daemonProcess: 1, interface: "eth0", address: "192.0.2.1", peer: "192.0.2.2", rows: [row],
            findings: [.init(.note, "IPv6", "off", remedy: "on")])
        #expect(try keys(of: report) == documented("check"))
    }

    @Test func `teredowall-json(5) has every key of a plan and a configuration, and no other`() throws {
        let row = RowStatus(
            interface: "eth0", name: "I1", state: .open, place: "ip filter INPUT", reason: "x")
        let plan = PlanText(
            text: "", rows: [row], leftAlone: [LeftAloneStatus(name: "ip filter INPUT", reason: "owned")])
        #expect(try keys(of: plan) == documented("plan"))
        let setting = LoadedConfiguration.Setting(key: "a.b", value: "1", file: "f", line: 1)
        #expect(try keys(of: [setting]) == documented("config"))
    }

    @Test func `the origin of a setting is the file and the line`() {
        let setting = LoadedConfiguration.Setting(key: "a.b", value: "1", file: "f", line: 1)
        #expect(setting.origin == "f:1")
    }

    @Test func `the installed varlink interface is that of the daemon`() throws {
        let file = packageRoot.appending(path: "scripts/packaging/io.teredowall.Exceptions.varlink")
        let text = try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        #expect(text.first == "# SPDX-License-Identifier: GPL-2.0-or-later")
        #expect(text.last.map(String.init) == Interfaces.exceptions)
    }

    /// The keys of all objects in the JSON of the value.
    private func keys(of value: some Encodable) throws -> Set<String> {
        func collect(_ value: Any) -> Set<String> {
            switch value {
            case let object as [String: Any]:
                object.reduce(into: Set(object.keys)) { $0.formUnion(collect($1.value)) }
            case let array as [Any]: array.reduce(into: []) { $0.formUnion(collect($1)) }
            default: []
            }
        }
        return collect(try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)))
    }

    /// The keys that the page describes below this heading. In mdoc(7) a section begins with `.Sh`, a subsection
    /// with `.Ss`; the page has each key in a line that begins with `.It Li`.
    private func documented(_ heading: String) throws -> Set<String> {
        let page = packageRoot.appending(path: "scripts/packaging/man/teredowall-json.5")
        let section = try String(contentsOf: page, encoding: .utf8).components(separatedBy: ".S")
            .first { $0.hasPrefix("s \(heading)\n") }
        return Set(
            (section ?? "").split(separator: "\n").filter { $0.hasPrefix(".It Li ") }
                .compactMap { $0.dropFirst(".It Li ".count).split(separator: " ").first.map(String.init) })
    }
}
