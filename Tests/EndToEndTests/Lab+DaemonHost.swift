// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

extension Lab {
    /// Runs `body` while teredowalld runs on `host`, then ends the daemon and checks that its exit status is
    /// 0 and that the ruleset is the same as before, byte by byte.
    static func withDaemonHost(
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
