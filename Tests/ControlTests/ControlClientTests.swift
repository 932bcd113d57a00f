// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Control

@Suite struct ControlClientTests {
    @Test func `the status is transferred unchanged`() async throws {
        try await TestServer.run { server in
            let client = server.client
            let status = try await blocking { try client.status() }
            #expect(status == .example)
        }
    }

    @Test(.enabledForRoot) func `the port and the plan are transferred unchanged`() async throws {
        try await TestServer.run { server in
            let client = server.client
            let port = try await blocking { try client.port() }
            #expect(port == PortState(ready: true, ports: [40_000], port: 40_000))
            let plan = try await blocking { try client.plan() }
            #expect(plan.text == "add rule inet filter input jump teredowall-input")
        }
    }

    @Test(.enabledForRoot) func `a plan of a megabyte arrives whole`() async throws {
        try await TestServer.run { server in
            let text = String(repeating: "add rule inet filter input accept\n", count: 30_000)
            server.handler.setPlan(text)
            let client = server.client
            let plan = try await blocking { try client.plan() }
            #expect(plan.text == text)
        }
    }

    @Test(.enabledForRoot, arguments: ["eth0", nil]) func `a rescan names its interface`(interface: String?)
        async throws
    {
        try await TestServer.run { server in
            let client = server.client
            try await blocking { try client.rescan(interface: interface) }
            #expect(server.handler.rescans == [interface])
        }
    }

    @Test(
        .enabledForRoot,
        arguments: [
            ControlError.rescanFailed(reason: "the ruleset changed 20 times"), .notReady(reason: "starting"),
            .failed(reason: "no memory"),
        ])
    func `an error of the handler is thrown by the client`(error: ControlError) async throws {
        try await TestServer.run { server in
            server.handler.failRescans(with: error)
            let client = server.client
            await #expect(throws: error) { try await blocking { try client.rescan() } }
        }
    }

    @Test func `a subscription begins with the present state and reports every change`() async throws {
        let first = PortChange(type: .initial, port: 40_000, ports: [40_000])
        let second = PortChange(type: .changed, port: 40_001, ports: [40_001])
        let third = PortChange(type: .stopped, port: 40_001, ports: [])
        try await TestServer.run { server in
            let client = server.client
            let seen = Mutex<[PortChange]>([])
            server.handler.publish(first)
            async let subscription: Void = blocking {
                try client.subscribe { change in
                    seen.withLock { $0.append(change) }
                    return change.type != .stopped
                }
            }
            do {
                try await eventually("the subscription began", holds: { seen.withLock { $0.count == 1 } })
            } catch {
                // End the subscription: the server waits for its end.
                server.handler.endChanges()
                throw error
            }
            server.handler.publish(second)
            server.handler.publish(third)
            try await subscription
            #expect(seen.withLock { $0 } == [first, second, third])

            // A subscription that begins now finds no port.
            let state = try await blocking {
                let state = Mutex<PortChange?>(nil)
                try client.subscribe { change in
                    state.withLock { $0 = change }
                    return false
                }
                return state.withLock { $0 }
            }
            #expect(state == PortChange(type: .initial, port: 0, ports: []))
        }
    }

    @Test func `a subscription ends with an error when the port is no longer followed`() async throws {
        try await TestServer.run { server in
            let client = server.client
            server.handler.endChanges()
            await #expect(throws: ControlError.notReady(reason: "the port is not followed")) {
                try await blocking { try client.subscribe { _ in true } }
            }
        }
    }

    @Test func `without a daemon the error names the socket and the reason`() throws {
        let absent = ControlClient(path: "/tmp/control-test-nobody/control", timeout: .milliseconds(50))
        let error = #expect(throws: ControlError.self) { try absent.status() }
        let expected = "cannot connect to /tmp/control-test-nobody/control: No such file or directory"
        #expect(error?.description == expected)
    }

    @Test func `a daemon that hangs causes a timeout`() throws {
        let directory = try TemporaryDirectory()
        // Listens, so that connecting succeeds, but never accepts.
        let hung = try UnixListener(path: directory.path + "/control")
        let client = ControlClient(
            path: directory.path + "/control", timeout: .milliseconds(100), connectTimeout: .milliseconds(30))
        let start = ContinuousClock.now
        #expect(throws: ControlError.timedOut) { try client.rescan() }
        let elapsed = ContinuousClock.now - start
        #expect(elapsed >= .milliseconds(100) && elapsed < .seconds(10), "\(elapsed)")
        withExtendedLifetime(hung) {}
    }
}
