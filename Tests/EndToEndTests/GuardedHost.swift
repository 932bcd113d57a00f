// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

extension Lab {
    /// Runs `body` with teredowalld in charge of `host`, then ends the daemon and proves that it left
    /// nothing: exit 0, and the ruleset as it was, to the byte.
    static func withGuardedHost(
        _ firewall: String = HostFirewall.strict, peers: [String] = [], configuration: String? = nil,
        _ body: (Lab, Host, BackgroundProcess) async throws -> Void
    ) async throws {
        try await with(["host"] + peers) { lab in
            let host = lab["host"]
            try await host.load(firewall)
            let before = try await host.ruleset()
            let daemon = try await host.startDaemon(configuration: configuration)
            try await body(lab, host, daemon)
            #expect(try await host.stop(daemon) == 0, "\(daemon.text)")
            #expect(try await host.ruleset() == before, "\(daemon.text)")
        }
    }
}
