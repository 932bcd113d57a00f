// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

/// Tests the purpose of the exceptions: packets reach real clients.
@Suite(.enabledAsRoot) struct ReachabilityTests {
    @Test func `behind a strict firewall the client qualifies at once`() async throws {
        try await Lab.withDaemonHost(peers: ["peer"]) { lab, host, _ in
            try await lab["peer"].startClient()
            // A lost first solicitation would delay the qualification by four seconds, and three lost ones by
            // a hundred.
            let start = ContinuousClock.now
            _ = try await host.startedClient()
            let address = try await host.teredoAddress()
            #expect(start.duration(to: .now) < .seconds(4))
            _ = try await lab["peer"].teredoAddress()
            try await lab["peer"].run("ping", "-6", "-c", "3", "-i", "0.2", address)
        }
    }

    /// The connection tracking table must be flushed: until then, entries made by the host's own packets let
    /// packets of its peers in without the exception.
    @Test func `the exception accepts peers after the connection tracking table was flushed`() async throws {
        try await Lab.with(["host", "peer"]) { lab in
            let (host, peer) = (lab["host"], lab["peer"])
            try await host.load(HostFirewall.workstation)
            try await host.startClient()
            try await peer.startClient()
            let address = try await host.teredoAddress()
            _ = try await peer.teredoAddress()
            try await peer.run("ping", "-6", "-c", "3", "-i", "0.2", address)

            try await host.run("conntrack", "-F")
            let unreached = try await peer.outcome("ping", "-6", "-c", "20", "-i", "0.2", "-W", "1", address)
            #expect(unreached.text.contains(" 0 received"), "\(unreached.text)")

            let daemon = try await host.startDaemon()
            try await host.eventuallyOpen([try await host.clientPort()])
            try await host.run("conntrack", "-F")
            let reached = try await peer.outcome("ping", "-6", "-c", "20", "-i", "0.2", address)
            #expect(reached.text.contains(" 20 received"), "\(reached.text)\n\(daemon.text)")
            #expect(try await host.packets("teredowall-input", "teredowall-ports") > 0)
            #expect(try await host.stop(daemon) == 0)
        }
    }
}
