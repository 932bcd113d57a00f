// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

@testable import Control

/// Tests the exact messages on the socket.
@Suite struct ProtocolTests {
    private static let own = "io.teredowall.Exceptions"
    private static let varlink = "org.varlink.service"

    @Test(
        .enabledForRoot,
        arguments: [
            (
                #"{"method":"\#(own).GetPort"}"#,
                #"{"parameters":{"port":40000,"ports":[40000],"ready":true}}"#
            ),
            (
                #"{"method":"\#(own).GetPort","parameters":null,"more":true}"#,
                #"{"parameters":{"port":40000,"ports":[40000],"ready":true}}"#
            ),
            (
                #" {"extra": 1, "parameters": {}, "method": "\#(own).Rescan"} "#,
                #"{"parameters":{}}"#
            ),
            (
                #"{"method":"\#(varlink).GetInfo"}"#,
                #"{"parameters":{"interfaces":["\#(varlink)","\#(own)"],"product":"teredowalld","url":"","vendor":"teredowall","version":"1.0"}}"#
            ),
            (
                #"{"method":"\#(own).Rescan","parameters":{"interface":"eth0.100"}}"#,
                #"{"parameters":{}}"#
            ),
        ])
    func `a valid call is answered`(call: String, answer: String) async throws {
        try await expect(answer, to: call)
    }

    @Test(arguments: [
        (#"{"method":""}"#, "InvalidParameter", "parameter", "method"),
        (#"{"method":"GetPort"}"#, "InvalidParameter", "parameter", "method"),
        (#"{"method":"."}"#, "InterfaceNotFound", "interface", ""),
        (#"{"method":"org.example.Ping"}"#, "InterfaceNotFound", "interface", "org.example"),
        (#"{"method":"\#(own).getPort"}"#, "MethodNotFound", "method", "\(own).getPort"),
        (#"{"method":"\#(varlink).Get"}"#, "MethodNotFound", "method", "\(varlink).Get"),
        (#"{"method":"\#(own).GetPort","parameters":7}"#, "InvalidParameter", "parameter", "parameters"),
        (#"{"method":"\#(own).GetPort","parameters":[]}"#, "InvalidParameter", "parameter", "parameters"),
        (#"{"method":"\#(own).GetPort","parameters":{"x":1}}"#, "InvalidParameter", "parameter", "x"),
        (#"{"method":"\#(own).GetPort","upgrade":true}"#, "InvalidParameter", "parameter", "upgrade"),
        (
            #"{"method":"\#(own).Rescan","parameters":{"interfce":"eth0"}}"#, "InvalidParameter",
            "parameter", "interfce"
        ),
        (#"{"method":"\#(varlink).GetInterfaceDescription"}"#, "InvalidParameter", "parameter", "interface"),
        (
            #"{"method":"\#(varlink).GetInterfaceDescription","parameters":{"interface":"a.b"}}"#,
            "InterfaceNotFound", "interface", "a.b"
        ),
    ])
    func `an invalid call gets the varlink error for it`(
        call: String, error: String, parameter: String, value: String
    ) async throws {
        try await expect(
            #"{"error":"\#(Self.varlink).\#(error)","parameters":{"\#(parameter)":"\#(value)"}}"#, to: call)
    }

    @Test(arguments: [
        "7", "true", "[]", "{}", #""""#, #""sixteen letters.""#, #""a b""#, #""../x""#, #""a\n""#,
    ])
    func `a rescan accepts only names of interfaces`(value: String) async throws {
        try await expect(
            #"{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"interface"}}"#,
            to: #"{"method":"io.teredowall.Exceptions.Rescan","parameters":{"interface":\#(value)}}"#)
    }

    @Test func `a subscription without "more" is refused`() async throws {
        try await expect(
            #"{"error":"org.varlink.service.ExpectedMore","parameters":{}}"#,
            to: #"{"method":"io.teredowall.Exceptions.Subscribe"}"#)
    }

    @Test func `answers come in the order of the calls`() async throws {
        try await TestServer.run { server in
            let client = try RawClient(server.path)
            let names = (0..<500).map { "org.example.Method\($0)" }
            let calls = names.flatMap { name in
                [#"{"method":"\#(name).X"}"#, #"{"method":"io.teredowall.Exceptions.GetPort"}"#]
            }
            try await client.send(calls.flatMap { Array($0.utf8) + [0] })
            for name in names {
                let refusal = try #require(try await client.answer())
                #expect(refusal.contains(#""interface":"\#(name)""#))
                let port = try #require(try await client.answer())
                #expect(port.contains(#""port":40000"#))
            }
        }
    }

    @Test(.enabledForRoot) func `a one-way call is carried out without an answer`() async throws {
        try await TestServer.run { server in
            let client = try RawClient(server.path)
            try await client.call(#"{"method":"\#(Self.own).Rescan","oneway":true}"#)
            try await client.call(#"{"method":"\#(Self.own).Nonsense","oneway":true}"#)
            try await client.call(#"{"method":"\#(Self.own).GetPort"}"#)
            let answer = try #require(try await client.answer())
            #expect(answer.contains(#""port":40000"#))
            #expect(server.handler.rescans == [nil])
        }
    }

    @Test func `a call that arrives byte by byte is answered`() async throws {
        try await TestServer.run { server in
            let client = try RawClient(server.path)
            for byte in Array(#"{"method":"\#(Self.own).GetPort"}"#.utf8) + [0] {
                try await client.send([byte])
            }
            let answer = try #require(try await client.answer())
            #expect(answer.contains(#""port":40000"#))
        }
    }

    private func expect(_ answer: String, to call: String) async throws {
        try await TestServer.run { server in
            let client = try RawClient(server.path)
            try await client.call(call)
            #expect(try await client.answer() == answer)
            // The connection continues to work.
            try await client.call(#"{"method":"\#(Self.own).GetPort"}"#)
            let next = try #require(try await client.answer())
            #expect(next.contains(#""port":40000"#))
        }
    }
}
