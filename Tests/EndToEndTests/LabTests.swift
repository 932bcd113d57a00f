// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

/// Tests the lab itself, without teredowall.
@Suite(.enabledAsRoot) struct LabTests {
    @Test func `two clients qualify and reach each other`() async throws {
        try await Lab.with(["host", "peer"]) { lab in
            try await lab["host"].startClient()
            try await lab["peer"].startClient()
            let host = try await lab["host"].teredoAddress()
            _ = try await lab["peer"].teredoAddress()
            try await lab["peer"].run("ping", "-6", "-c", "2", "-i", "0.2", host)
        }
    }

    @Test func `a strict firewall keeps the client from qualifying`() async throws {
        try await Lab.with { lab in
            let host = lab["host"]
            try await host.load(HostFirewall.strict)
            _ = try await host.startedClient()
            // Miredo sends the third solicitation after 8 seconds, and then pauses for 100 seconds.
            await #expect(throws: DeadlineMissed.self) { try await host.teredoAddress(within: .seconds(9)) }
        }
    }

    @Test func `a reload of the client changes its port`() async throws {
        try await Lab.with { lab in
            let port = try await lab["host"].startedClient()
            try await lab["host"].signalClient("HUP")
            // Fails at its deadline if the port remains the same.
            #expect(try await lab["host"].clientPort(besides: port) != port)
        }
    }
}
