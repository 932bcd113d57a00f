// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Platform
import TestSupport
import Testing

@testable import Control

/// Tests with an independent client, which checks every answer against the server's interface description.
@Suite(.enabled(if: IndependentClient.isExpected, IndependentClient.need))
struct InteroperabilityTests {
    @Test func `an independent client reads the interface, which documents every member`() async throws {
        try await TestServer.run { server in
            let interfaces = try await IndependentClient.run(server.path, "describe")
            #expect(
                interfaces.last == """
                    {"Alias": ["Activity", "ChangeType", "Client", "Configuration", "Heal", "Histogram", "LeftAlone", \
                    "Place", "Probe", "Row", "RowState", "Rule", "Setting", "Tunnel", "Withheld"], \
                    "Error": ["Failed", "NotPermitted", "NotReady", "RescanFailed"], \
                    "Method": ["GetPort", "GetStatus", "Plan", "Rescan", "Subscribe"], \
                    "documented": true, "interface": "io.teredowall.Exceptions"}
                    """)
            #expect(interfaces.count == 2)
        }
    }

    @Test(arguments: [Status.example, Status.minimal]) func `an independent client gets the status`(
        status: Status
    ) async throws {
        try await TestServer.run { server in
            server.handler.setStatus(status)
            let answer = try #require(try await IndependentClient.run(server.path, "call", "GetStatus").first)
            #expect(try JSON.decode(Status.self, from: answer.utf8) == status)
        }
    }

    @Test func `an independent client gets the port and the plan`() async throws {
        try await TestServer.run { server in
            let port = try #require(try await IndependentClient.run(server.path, "call", "GetPort").first)
            #expect(try JSON.decode(PortState.self, from: port.utf8).port == 40_000)
            let plan = try #require(try await IndependentClient.run(server.path, "call", "Plan").first)
            #expect(try JSON.decode(PlanText.self, from: plan.utf8).text.hasPrefix("add rule"))
        }
    }

    @Test func `an independent client follows a change of the port`() async throws {
        let directory = try TemporaryDirectory()
        let log = URL(fileURLWithPath: directory.path + "/log")
        defer { try? FileManager.default.removeItem(at: log) }
        try await TestServer.run { server in
            server.handler.publish(PortChange(type: .initial, port: 40_000, ports: [40_000]))
            let client = try IndependentClient.start(server.path, "follow", "3", log: log)
            try await eventually("the present state", seen: { client.text }) {
                client.text.contains(#"{"port": 40000, "ports": [40000], "type": "initial"}"#)
            }
            server.handler.publish(PortChange(type: .changed, port: 40_001, ports: [40_001]))
            server.handler.publish(PortChange(type: .stopped, port: 40_001, ports: []))
            #expect(try await client.end() == 0)
            #expect(
                client.text.split(separator: "\n").dropFirst() == [
                    #"{"port": 40001, "ports": [40001], "type": "changed"}"#,
                    #"{"port": 40001, "ports": [], "type": "stopped"}"#,
                ])
        }
    }

    @Test func `an independent client of root may request a rescan`() async throws {
        try await TestServer.run { server in
            let answers = try await IndependentClient.run(
                server.path, "call", "Rescan", #"{"interface": "eth0"}"#)
            #expect(answers == ["{}"])
            #expect(server.handler.rescans == ["eth0"])
        }
    }

    @Test(.enabledAsRoot) func `every user may read, only root may change or plan`() async throws {
        try await TestServer.run { server in
            for method in ["GetStatus", "GetPort"] {
                let answer = try await IndependentClient.run(server.path, "--user", "65534", "call", method)
                #expect(answer.first?.contains("error") == false)
            }
            for method in ["Rescan", "Plan"] {
                let refusal = try await IndependentClient.run(
                    server.path, "--user", "65534", "call", method)
                #expect(
                    refusal == [
                        #"{"error": "io.teredowall.Exceptions.NotPermitted", "parameters": {"method": "#
                            + #""io.teredowall.Exceptions.\#(method)", "uid": 65534}}"#
                    ])
            }
            #expect(server.handler.plans == 0)
            #expect(server.handler.rescans.isEmpty)
        }
    }
}
