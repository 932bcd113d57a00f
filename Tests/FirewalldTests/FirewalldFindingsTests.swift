// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Planner
import TestSupport
import Testing

/// Tests the findings of `teredowall check` about a real firewalld.
@Suite(.enabledAsRoot) struct FirewalldFindingsTests {
    @Test func `a firewalld in its default state has no findings`() async throws {
        try await FirewalldHost.with { host in
            let firewall = host.firewall()
            #expect(try await firewall.findings(in: host.ruleset()) == [])
            try await firewall.apply(openings, on: host)
            #expect(try await firewall.findings(in: host.ruleset()) == [])
        }
    }

    @Test func `panic mode is reported and gets no exception`() async throws {
        try await FirewalldHost.with { host in
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            try await host.firewallCommand("--panic-on")
            _ = try await firewall.event("panic") { $0 == .changed("PanicModeEnabled") }
            let state = try await firewall.apply(openings, on: host)
            #expect(state.leftAlone.map(\.name) == ["inet firewalld_policy_drop"])
            #expect(
                try await firewall.findings(in: host.ruleset()) == [
                    FirewalldFinding(
                        name: "inet firewalld",
                        reason: "panic mode drops everything: firewall-cmd --panic-off ends it")
                ])
            try await host.firewallCommand("--panic-off")
            _ = try await firewall.event("the end of panic") { $0 == .changed("PanicModeDisabled") }
            #expect(try await firewall.apply(openings, on: host) == expectedState(zones: "public"))
        }
    }

    @Test func `a permanent copy is reported and removed from the runtime rules`() async throws {
        try await FirewalldHost.with { host in
            let firewall = host.firewall()
            try await firewall.apply(openings, on: host)
            try await host.firewallCommand("--runtime-to-permanent")
            try await host.firewallCommand("--reload")
            #expect(try await host.richRules() == [discoveryRule(), portRule()])
            #expect(
                try await firewall.findings(in: host.ruleset()).map(\.name) == [
                    "inet firewalld public", "inet firewalld public",
                ])
            #expect(
                try await firewall.findings(in: host.ruleset()).contains {
                    $0.reason.contains("--remove-rich-rule='\(portRule())'")
                })
            // The permanent copies have no timeout. Applying the openings replaces them by rules with a
            // timeout.
            try await firewall.apply(openings, on: host)
            #expect(try await host.richRules() == [discoveryRule(slot: 1), portRule(slot: 1)])
            try await firewall.apply(nil, on: host)
            #expect(try await host.richRules() == [])
        }
    }

    @Test func `policies that drop packets and zones with sources are reported`() async throws {
        try await FirewalldHost.with { host in
            try await host.firewallCommand("--permanent", "--new-policy=leash")
            try await host.firewallCommand("--permanent", "--policy=leash", "--add-ingress-zone=HOST")
            try await host.firewallCommand("--permanent", "--policy=leash", "--add-egress-zone=ANY")
            try await host.firewallCommand("--permanent", "--policy=leash", "--set-target=DROP")
            try await host.firewallCommand("--permanent", "--zone=work", "--add-source=192.0.2.0/24")
            try await host.firewallCommand("--reload")
            let firewall = host.firewall()
            #expect(
                try await firewall.findings(in: host.ruleset()).map(\.name) == [
                    "inet firewalld work", "firewalld policy leash",
                ])
            let report = try await host.outputEvenOfFailure(built("teredowall"), "check")
            #expect(report.contains("firewalld policy leash: stops output (target DROP)"))
        }
    }
}
