// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Platform
import TestSupport
import Testing

@testable import Control

/// Tests which client is refused or disconnected at each limit.
@Suite struct LimitTests {
    private static let portCall = #"{"method":"io.teredowall.Exceptions.GetPort"}"#

    @Test func `one client too many is refused, with a reason for the log, until another leaves`()
        async throws
    {
        var limits = Limits()
        (limits.clients, limits.reservedForRoot) = (5, 0)
        try await TestServer.run(limits: limits) { server in
            var clients = try (0..<5).map { _ in try RawClient(server.path) }
            for client in clients { try await expectPort(client) }
            let refused = try await RawClient(server.path).answer()
            #expect(refused == nil)
            #expect(
                server.log == ["refused process \(getpid()) of user \(geteuid()): 5 clients are connected"])
            clients.removeLast()
            try await eventually("there is room again") {
                let client = try RawClient(server.path)
                try? await client.call(Self.portCall)
                return try await client.answer() != nil
            }
        }
    }

    @Test(.enabledAsRoot, .enabled(if: IndependentClient.isExpected, IndependentClient.need))
    func `the last connections are kept for root`() async throws {
        var limits = Limits()
        (limits.clients, limits.reservedForRoot) = (5, 2)
        try await TestServer.run(limits: limits) { server in
            let crowd = try (0..<3).map { _ in try RawClient(server.path) }
            for client in crowd { try await expectPort(client) }
            await #expect(throws: CommandFailure.self) {
                try await IndependentClient.run(server.path, "--user", "65534", "call", "GetPort")
            }
            #expect(server.log.contains { $0.hasSuffix("of user 65534: 3 clients are connected") })
            let root = try RawClient(server.path)
            try await expectPort(root)
            withExtendedLifetime(crowd) {}
        }
    }

    /// With a low limit of descriptors the server accepts only as many clients as it keeps connections for root,
    /// so that the rest of the daemon still has some. With 60 descriptors it refuses further clients; 20 are too
    /// few even for these.
    @Test(.enabledForRoot, arguments: [20, 60]) func `the server survives a shortage of descriptors`(
        limit: Int
    ) async throws {
        let command = ["prlimit", "--nofile=\(limit):\(limit)"]
        try await FixtureProcess.run(under: command) { server in
            var clients = try (0..<100).map { _ in try RawClient(server.path) }
            try await eventually("some are refused", seen: { server.log }) {
                server.log.contains("refused") || server.log.contains("Too many open files")
            }
            clients = []
            try await eventually("there is room again", seen: { server.log }) {
                let client = try RawClient(server.path)
                try? await client.call(Self.portCall)
                return try await client.answer() != nil
            }
            withExtendedLifetime(clients) {}
        }
    }

    @Test(.enabledForRoot) func `calls beyond the limit wait, but not for calls of another lane`()
        async throws
    {
        try await TestServer.run { server in
            server.handler.holdPlans()
            let planners = try (0..<20).map { _ in try RawClient(server.path) }
            for client in planners { try await client.call(#"{"method":"io.teredowall.Exceptions.Plan"}"#) }
            try await eventually("the handler is busy") {
                server.handler.plansHeld == Limits().concurrentCalls
            }
            let other = server.client
            try await blocking { try other.rescan(interface: "eth0") }
            #expect(server.handler.rescans == ["eth0"])
            let port = try await blocking { try other.port() }
            #expect(port.port == 40_000)
            #expect(server.handler.plansHeld == Limits().concurrentCalls)
            server.handler.releasePlans()
            for client in planners {
                let answer = try await client.answer()
                #expect(answer?.contains("add rule") == true)
            }
        }
    }

    @Test(.enabledForRoot) func `a waiting call of a disconnected client is removed`() async throws {
        try await TestServer.run { server in
            server.handler.holdPlans()
            let plan = #"{"method":"io.teredowall.Exceptions.Plan"}"#
            for _ in 0..<100 {
                let client = try RawClient(server.path)
                try await client.call(plan)
            }
            // The server may process the end of a connection and a later connection in one turn, in any
            // order. After four further calls it has processed the ends of all connections above.
            for _ in 0..<4 {
                let client = server.client
                _ = try await blocking { try client.port() }
            }
            server.handler.releasePlans()
            let client = try RawClient(server.path)
            try await client.call(plan)
            let answer = try await client.answer()
            #expect(answer?.contains("add rule") == true)
            // The calls in progress, and the last one.
            #expect(server.handler.plans <= Limits().concurrentCalls + 1)
        }
    }

    private func expectPort(_ client: RawClient) async throws {
        try await client.call(Self.portCall)
        let answer = try await client.answer()
        #expect(answer?.contains(#""port":40000"#) == true)
    }
}
