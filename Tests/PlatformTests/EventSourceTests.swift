// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Platform
import TestSupport
import Testing

@Suite(.enabledAsRoot)
struct EventSourceTests {
    private let namespace: NetworkNamespace

    init() throws { namespace = try NetworkNamespace.forTest() }

    private func hasNews(_ source: any EventSource, within limit: Duration = .seconds(30)) throws -> Bool {
        try waitForEvents(from: [source], until: .now + limit) == [true]
    }

    @Test func `the end of a socket is reported only for the chosen ports`() throws {
        let events = try namespace.run { try SocketDestroyEvents() }
        func end(ofSocketWith port: UInt16) throws {
            _ = try TestSocket(in: namespace, uid: 4900, port: port)
        }

        try end(ofSocketWith: 40001)
        #expect(try !hasNews(events, within: .milliseconds(100)))
        try events.listen(toPorts: [40001, 40003])
        for port: UInt16 in [40000, 40002, 40004] { try end(ofSocketWith: port) }
        #expect(try !hasNews(events, within: .milliseconds(100)))
        for port: UInt16 in [40001, 40003] {
            try end(ofSocketWith: port)
            #expect(try hasNews(events))
            events.drain()
        }
        #expect(try !hasNews(events, within: .zero))
        // With more than 64 ports, all sockets are reported.
        try events.listen(toPorts: Array(1000..<1065))
        try end(ofSocketWith: 40000)
        #expect(try hasNews(events))
    }

    @Test func `events of tunnel devices are distinguished from those of other interfaces`() throws {
        let events = try namespace.run { try LinkEvents() }
        var tunnel: TestTunnel? = try TestTunnel(in: namespace, name: "teredo")
        #expect(try hasNews(events))
        guard case .present(let index, isTunnelDevice: true)? = events.drain().first else {
            Issue.record("no event of a tunnel device")
            return
        }
        tunnel = nil
        // Reads the variable: the compiler warns of one that is only written.
        withExtendedLifetime(tunnel) {}
        var reported: [LinkEvent] = []
        while !reported.contains(.gone(index: index)), try hasNews(events) { reported += events.drain() }
        #expect(reported.contains(.gone(index: index)))

        try namespace.command("ip", ["link", "add", "other", "type", "bridge"])
        #expect(try hasNews(events))
        let bridgeEvents = events.drain()
        #expect(!bridgeEvents.isEmpty)
        #expect(
            bridgeEvents.allSatisfy { event in
                if case .present(_, isTunnelDevice: false) = event { true } else { false }
            }, "\(bridgeEvents)")
    }

    @Test func `lost events are reported as lost`() throws {
        let events = try namespace.run { try LinkEvents() }
        // Many more events than the receive buffer holds.
        let batch = String(repeating: "link set lo up\nlink set lo down\n", count: 400)
        try namespace.command("ip", ["-batch", "-"], input: batch)
        #expect(events.drain().contains(.lost))
    }

    @Test func `the end of a process is news, and stays news`() throws {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/sleep")
        child.arguments = ["60"]
        try child.run()
        defer { kill(child.processIdentifier, SIGKILL) }
        let exit = try ProcessExit(of: child.processIdentifier)
        #expect(try !hasNews(exit, within: .zero))
        kill(child.processIdentifier, SIGKILL)
        #expect(try hasNews(exit))
        #expect(try hasNews(exit))
    }

    @Test func `a wake-up is news until it is drained, once for all signals`() throws {
        let wake = try WakeUp()
        wake.signal()
        wake.signal()
        #expect(try hasNews(wake))
        wake.drain()
        #expect(try !hasNews(wake, within: .zero))
    }
}
