// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

/// Tests that the exception follows a real client through start, reload, crash and stop. Miredo has a main process and
/// a worker, which owns the socket.
@Suite(.enabledAsRoot) struct ClientLifeTests {
    @Test func `before the client starts, only the standing rules are in force`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            try await host.eventuallyOpen([])
            let ruleset = try await host.ruleset()
            #expect(ruleset.contains("jump teredowall-input"))
            #expect(ruleset.contains("jump teredowall-output"))
        }
    }

    @Test func `the port opens at the start and closes at the stop`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            try await host.signalClient("TERM")
            try await host.clientHasNoSocket()
            try await host.eventuallyOpen([])
        }
    }

    @Test func `a restart opens the new port`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            try await host.eventuallyOpen([try await host.startedClient()])
            try await host.stopClient()
            try await host.eventuallyOpen([])
            try await host.eventuallyOpen([try await host.startedClient()])
        }
    }

    @Test func `a reload moves the exception`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            let old = try await host.startedClient()
            try await host.eventuallyOpen([old])
            try await host.signalClient("HUP")
            try await host.eventuallyOpen([try await host.clientPort(besides: old)])
        }
    }

    @Test func `a crash of the worker moves the exception`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            let old = try await host.startedClient()
            try await host.eventuallyOpen([old])
            try await host.signalWorker("KILL")
            // Miredo waits one second before it starts the next worker.
            try await host.eventuallyOpen([])
            try await host.eventuallyOpen([try await host.clientPort(besides: old)])
        }
    }

    @Test func `a worker that outlives the main process keeps the exception`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            let address = try await host.teredoAddress()
            try await host.signalClient("KILL")
            // A new link makes the daemon examine the sockets again.
            try await host.run("ip", "link", "add", "another", "type", "veth")
            try await Task.sleep(for: .seconds(1))
            #expect(try await host.clientPort() == port)
            #expect(try await host.teredoAddress() == address)
            try await host.eventuallyOpen([port])
            try await host.signalWorker("KILL")
            try await host.eventuallyOpen([])
        }
    }

    @Test func `another IPv4 address leaves the exception in force`() async throws {
        try await Lab.withDaemonHost { _, host, _ in
            let port = try await host.startedClient()
            let old = try await host.teredoAddress()
            try await host.shell(
                """
                ip address delete 6.6.6.2/24 dev eth0
                ip address add 6.6.6.22/24 dev eth0
                ip route replace default via 6.6.6.1
                """)
            // The client notices the new address at its next refresh, within 30 seconds.
            try await eventually(
                "a Teredo address of 6.6.6.22", within: .seconds(60), seen: { host.lab.logs }
            ) {
                let address = try await host.shell("lab_address_of host")
                // A Teredo address has the bits of the IPv4 address inverted (RFC 4380, 4): f9f9:f9e9 is 6.6.6.22.
                return address.contains("f9f9:f9e9") && address != old
            }
            #expect(try await host.clientPort() == port)
            try await host.eventuallyOpen([port])
        }
    }

    @Test func `a link that goes down and up leaves the exception in force`() async throws {
        try await Lab.withDaemonHost(peers: ["peer"]) { lab, host, _ in
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port])
            try await lab["peer"].startClient()
            _ = try await lab["peer"].teredoAddress()
            let address = try await host.teredoAddress()
            try await host.shell(
                """
                ip link set eth0 down
                ip link set eth0 up
                ip route replace default via 6.6.6.1
                """)
            try await host.eventuallyOpen([port])
            try await lab["peer"].run("ping", "-6", "-c", "2", "-i", "0.2", "-w", "20", address)
            #expect(try await host.openPorts()["inet filter"] == [port])
        }
    }
}
