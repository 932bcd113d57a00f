// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TestSupport
import Testing

@testable import Control

/// Tests that many or hostile clients take less than 4 MB of the server's memory, and that another
/// subscriber continues to receive changes. The server is a separate process, whose memory /proc reports.
@Suite struct CrowdTests {
    private static let portCall = #"{"method":"io.teredowall.Exceptions.GetPort"}"#
    private static let statusCall = #"{"method":"io.teredowall.Exceptions.GetStatus"}"#
    private static let subscribeCall = #"{"method":"io.teredowall.Exceptions.Subscribe","more":true}"#

    init() throws { try DescriptorLimit.raise(to: 16_384) }

    @Test func `a thousand idle clients take less than 4 MB`() async throws {
        try await measure { server, _ in
            var clients: [RawClient] = []
            for _ in 0..<1_000 {
                let client = try RawClient(server.path)
                try await client.call(Self.portCall)
                #expect(try await client.answer() != nil)
                clients.append(client)
            }
            return clients
        }
    }

    @Test func `a thousand subscribers take less than 4 MB and all receive a change`() async throws {
        try await measure { server, _ in
            var clients: [RawClient] = []
            for _ in 0..<1_000 {
                let client = try RawClient(server.path)
                try await client.call(Self.subscribeCall)
                #expect(try await client.answer() != nil)
                clients.append(client)
            }
            try server.setPort(41_000)
            for client in clients {
                let change = try await client.answer()
                #expect(change?.contains(#""port":41000"#) == true)
            }
            return clients
        }
    }

    @Test func `a hundred megabytes without the end of a frame take less than 4 MB`() async throws {
        try await measure { server, _ in
            let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
            var sent = 0
            while sent < 100 << 20 {
                let client = try RawClient(server.path)
                // Until the buffer of the socket is full, or the server has disconnected.
                while let count = try? client.sendSome(bytes), count > 0 { sent += count }
                let answer = try await client.answer()
                #expect(answer == nil)
            }
            return []
        }
    }

    @Test func `a thousand clients with half a frame each take less than 4 MB`() async throws {
        try await measure { server, _ in
            // Less than the maximum length of a request.
            let half = [UInt8](repeating: UInt8(ascii: " "), count: Limits().frame - (4 << 10))
            var clients: [RawClient] = []
            for _ in 0..<1_000 {
                let client = try RawClient(server.path)
                _ = try? client.sendSome(half)
                clients.append(client)
            }
            try await eventually("a client was disconnected", seen: { server.log }) {
                server.log.contains("it has the most")
            }
            return clients
        }
    }

    @Test(.enabledForRoot) func `a thousand clients that call and never read take less than 4 MB`()
        async throws
    {
        try await measure { server, _ in
            let call = Array(Self.statusCall.utf8) + [0]
            let calls = [[UInt8]](repeating: call, count: 1_000).flatMap { $0 }
            var clients: [RawClient] = []
            for _ in 0..<1_000 {
                let client = try RawClient(server.path)
                _ = try? client.sendSome(calls)
                clients.append(client)
            }
            try await eventually("a client was disconnected", seen: { server.log }) {
                server.log.contains("it has the most")
            }
            try await server.waitUntilIdle()
            return clients
        }
    }

    @Test func `subscribers that never read are disconnected and take less than 4 MB`() async throws {
        try await measure { server, witness in
            var clients: [RawClient] = []
            for _ in 0..<20 {
                let client = try RawClient(server.path)
                try await client.call(Self.subscribeCall)
                clients.append(client)
            }
            // More changes than the buffers of a connection hold, in the kernel and in the server. The witness reads
            // in between, so that it is not disconnected.
            for port in UInt16(42_000)..<46_000 {
                try server.setPort(port)
                if port.isMultiple(of: 50) { try await witness.readChanges(until: port) }
            }
            try await eventually("they were disconnected", seen: { server.log }) {
                server.log.contains("it does not read what it asked for")
            }
            return clients
        }
    }

    /// Runs `crowd` with a server and a subscriber, the witness. The returned clients stay connected until
    /// the end.
    private func measure(_ crowd: (FixtureProcess, RawClient) async throws -> [RawClient]) async throws {
        try await FixtureProcess.run { server in
            let witness = try RawClient(server.path)
            try await witness.call(Self.subscribeCall)
            #expect(try await witness.answer() != nil)
            // Exclude the memory that the first call of each kind allocates.
            for call in [Self.portCall, Self.statusCall] {
                let client = try RawClient(server.path)
                try await client.call(call)
                #expect(try await client.answer() != nil)
            }
            try server.resetPeakMemory()
            let before = try server.memory
            let clients = try await crowd(server, witness)
            try server.setPort(50_000)
            try await witness.readChanges(until: 50_000)
            let growth = try server.peakMemory - before
            // 4 MB.
            #expect(growth <= 4 << 10, "grew by \(growth) KiB")
            print("control: \(Test.current?.name ?? ""): \(growth) KiB over \(before) KiB")
            withExtendedLifetime(clients) {}
        }
    }
}

extension RawClient {
    /// Reads changes until the port is this one; a disconnection is a failure of the test.
    fileprivate func readChanges(until port: UInt16) async throws {
        while let change = try await answer() {
            if change.contains("\"port\":\(port),") { return }
        }
        Issue.record("a subscriber that reads was disconnected")
    }
}
