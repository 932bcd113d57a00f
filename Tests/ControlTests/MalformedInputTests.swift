// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Control

/// Tests that clients which send anything but varlink calls are disconnected, without an effect on other
/// clients.
@Suite struct MalformedInputTests {
    struct Input: CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]

        init(_ description: String, _ bytes: [UInt8]) {
            testDescription = description
            self.bytes = bytes
        }

        init(_ text: String) { self.init(text, Array(text.utf8)) }
    }

    /// A call without the closing brace.
    private static let unclosedCall = Array(#"{"method":"io.teredowall.Exceptions.GetPort""#.utf8)

    @Test(arguments: [
        Input("nothing", []),
        Input("null"),
        Input("[]"),
        Input("7"),
        Input("\"text\""),
        Input("{"),
        Input("{}"),
        Input(#"{"method":7}"#),
        Input(#"{"method":null}"#),
        Input(#"{"method":"a.B","more":"yes"}"#),
        Input(#"{"method":"a.B","oneway":1}"#),
        Input(#"{"method":"a.B"} {"method":"a.B"}"#),
        Input(#"{"method":"a.B""#),
        Input(#"{'method':'a.B'}"#),
        Input(#"{"method":"\ud800.B"}"#),
        Input("invalid UTF-8", Array(#"{"method":"a."#.utf8) + [0xC3, 0x28, 0xFF, 0x22, 0x7D]),
        Input("a byte order mark of UTF-16", [0xFE, 0xFF, 0x7B, 0x7D]),
        Input("bytes that are no text", [0x80, 0x01, 0xFE, 0x7B, 0x22]),
        Input("brackets to the limit", [UInt8](repeating: UInt8(ascii: "["), count: Limits().frame)),
        Input(
            "an object 8000 deep in the parameters",
            unclosedCall + Array(#","parameters":"#.utf8)
                + Array(String(repeating: #"{"a":"#, count: 8_000).utf8)
                + [UInt8](repeating: UInt8(ascii: "}"), count: 8_001)),
        Input("one byte too long", [UInt8](repeating: UInt8(ascii: " "), count: Limits().frame + 1)),
    ])
    func `a message that is not a call ends the connection`(input: Input) async throws {
        try await TestServer.run { server in
            let bystander = try RawClient(server.path)
            let client = try RawClient(server.path)
            // The server may disconnect before it has received everything.
            try? await client.send(input.bytes + [0])
            let answer = try await client.answer()
            #expect(answer == nil)
            try await bystander.call(#"{"method":"io.teredowall.Exceptions.GetPort"}"#)
            let other = try await bystander.answer()
            #expect(other?.contains(#""port":40000"#) == true)
        }
    }

    @Test func `a call of the maximum length is answered`() async throws {
        try await TestServer.run { server in
            let client = try RawClient(server.path)
            let call = Self.unclosedCall + [UInt8(ascii: "}")]
            let padding = [UInt8](repeating: UInt8(ascii: " "), count: Limits().frame - call.count)
            try await client.send(call + padding + [0])
            let answer = try await client.answer()
            #expect(answer?.contains(#""port":40000"#) == true)
        }
    }

    /// Calls with bytes changed, removed and repeated at random: the server answers or disconnects, and continues
    /// to work.
    @Test(arguments: 1...8) func `damaged calls do not harm the server`(seed: UInt64) async throws {
        try await TestServer.run { server in
            var random = Random(state: seed)
            let calls = [
                #"{"method":"io.teredowall.Exceptions.Rescan","parameters":{"interface":"eth0"}}"#,
                #"{"method":"io.teredowall.Exceptions.Subscribe","more":true,"parameters":{}}"#,
                #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"a"}}"#,
            ]
            for _ in 0..<100 {
                var bytes = Array(calls[Int.random(in: 0..<calls.count, using: &random)].utf8)
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let position = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.remove(at: position)
                    default: bytes.insert(contentsOf: bytes[position...].prefix(20), at: position)
                    }
                }
                let client = try RawClient(server.path)
                _ = try client.sendSome(bytes + [0])
            }
            let witness = try RawClient(server.path)
            try await witness.call(#"{"method":"io.teredowall.Exceptions.GetPort"}"#)
            let answer = try await witness.answer()
            #expect(answer?.contains(#""port":40000"#) == true)
        }
    }

    /// A linear congruential generator (the constants are Knuth's), whose sequence is the same in every run.
    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
}
