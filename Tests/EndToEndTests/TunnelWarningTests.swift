// SPDX-License-Identifier: GPL-2.0-or-later
import TestSupport
import Testing

/// Tests the warning of `check` about packets from the tunnel, on a host whose firewall filters IPv4 only.
@Suite(.enabledAsRoot) struct TunnelWarningTests {
    /// Filters the outer packets (IPv4) and not the inner ones (IPv6).
    private static let firewall = """
        table ip filter {
            chain input {
                type filter hook input priority filter; policy drop;
                iif "lo" accept
                ct state established,related accept
            }
        }
        """
    /// The remedy that `check` shows.
    private static let remedy = #"set guard = "unsolicited" in section [inner] of teredowall.toml"#

    @Test func `the remedy that check names for an unfiltered tunnel ends the warning`() async throws {
        let before = try await Self.check(configuration: nil)
        #expect(before.contains("inner IPv6"), "\(before)")
        #expect(before.contains("what comes out of the tunnel (teredo) is not filtered"), "\(before)")
        #expect(before.contains(Self.remedy), "\(before)")
        let after = try await Self.check(configuration: "[inner]\nguard = \"unsolicited\"\n")
        #expect(!after.contains("inner IPv6") && !after.contains("guard ="), "\(after)")
        for text in [before, after] { #expect(text.contains("Teredo would pass"), "\(text)") }
    }

    /// The output of `check` on a host with a qualified client and a daemon with this configuration.
    private static func check(configuration: String?) async throws -> String {
        var text = ""
        try await Lab.withDaemonHost(firewall, configuration: configuration) { _, host, _ in
            let port = try await host.startedClient()
            try await host.eventuallyOpen([port], in: ["ip filter", "inet teredowall"])
            _ = try await host.teredoAddress()
            let check = try await host.teredowall("check")
            #expect(check.status == 0, "\(check.text)")
            text = check.text
        }
        return text
    }
}
