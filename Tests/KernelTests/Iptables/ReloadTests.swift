// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

private let port: UInt16 = 41234

private let hostRules = """
    *filter
    :INPUT DROP [0:0]
    :FORWARD DROP [0:0]
    :OUTPUT DROP [0:0]
    -A INPUT -i lo -j ACCEPT
    -A INPUT -s \(Link.blocked)/32 -j DROP
    -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
    -A OUTPUT -o lo -j ACCEPT
    COMMIT

    """

/// Tests the real daemon while iptables and ufw are reloaded.
@Suite(.enabledAsRoot) struct ReloadTests {
    @Test func `the exceptions return after iptables is flushed or restored`() async throws {
        try await Self.with("iptables-restore /run/rules") { host, daemon in
            let before = try host.timelessRules()
            // Without --noflush this removes our rules in one commit, as `iptables -F` does below.
            try host.shell("iptables-restore /run/rules")
            try await host.awaitRules(before, daemon)
            try host.shell("iptables -F")
            try await eventually("the exceptions alone", seen: { "\(try host.saved())\n\(daemon.text)" }) {
                try host.rules(of: "INPUT").count { $0.contains("teredowall: ") } == 2
            }
            // The policy and two exceptions.
            #expect(try host.rules(of: "INPUT").count == 3)
            try host.shell("iptables-restore /run/rules")
            try await host.awaitRules(before, daemon)
            // The kernel reports the first 15 characters of the program's name.
            for author in ["iptables-restor", "iptables"] {
                let words = "put the exceptions back into ip filter after a change by \(author) (pid "
                #expect(daemon.text.contains(words), "\(daemon.text)")
            }
        }
    }

    @Test func `the exceptions return after ufw is reloaded, stopped or reset`() async throws {
        try await Self.with("ufw --force enable; ufw default deny outgoing") { host, daemon in
            let before = try host.timelessRules()
            for command in [
                "ufw reload", "ufw --force disable && ufw --force enable",
                "ufw --force reset && ufw default deny outgoing && ufw --force enable",
            ] {
                try host.shell(command)
                try await host.awaitRules(before, daemon)
            }
        }
    }

    /// Runs `body` on a host whose firewall `setUp` made, with the daemon following a socket. Afterwards ends
    /// the daemon, which removes its objects.
    private static func with(
        _ setUp: String, _ body: @Sendable (IptablesHost, BackgroundProcess) async throws -> Void
    ) async throws {
        try await IptablesHost.with { host in
            let scratch = FileManager.default.temporaryDirectory.appending(
                path: "teredowall-reload-\(UUID())")
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: scratch) }
            try host.run("tee", "/run/rules", input: hostRules)
            try host.run("tee", "/run/teredowall.toml", input: "[client]\nuser = \"daemon\"\n")
            try host.shell(setUp)
            let client = try host.start(
                "setpriv", "--reuid", "daemon", "--regid", "daemon", "--clear-groups", "/usr/bin/python3",
                "-c",
                "import socket, sys; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('', \(port))); "
                    + "sys.stdin.read()", log: scratch.appending(path: "client"))
            try await eventually("the client's socket", seen: { client.text }) {
                try host.run("ss", "-Huanl").contains(":\(port) ")
            }
            let monitor = try host.start(
                "bash", "-c", CommitJournal.monitor, log: scratch.appending(path: "monitor"))
            let journal = try await CommitJournal.of(monitor, shell: host.shell) {
                let daemon = try host.start(
                    built("teredowalld"), "--config", "/run/teredowall.toml", "--runtime-directory",
                    "/run/teredowall", log: scratch.appending(path: "daemon"))
                try await eventually("the exceptions", seen: { daemon.text }) {
                    try host.saved().contains {
                        $0.contains("--dport \(port) ") && $0.contains("teredowall: ")
                    }
                }
                let traffic = try Traffic(host: host.network, peer: host.peer, ports: [port + 1])
                try await body(host, daemon)
                // No port but the client's is open.
                #expect(try !traffic.comesIn(to: port + 1))
                // The ID of `daemon` is that of nsenter, which would not pass the signal on.
                try host.run(
                    "kill", "\(try host.shell("pgrep -x teredowalld").trimmingCharacters(in: .newlines))")
                #expect(try await daemon.end() == 0, "\(daemon.text)")
                #expect(try !host.saved().contains { $0.contains("teredowall") })
            }
            // At no time did the ruleset contain more of our objects than the exceptions need. User 1 is `daemon`.
            #expect(journal.disallowedChanges(ports: [Int(port)], user: 1) == [])
            // The journal is not empty: the daemon made its exceptions, restored them and removed them.
            #expect(journal.commits.count { $0.program == "teredowalld" } > 2, "\(monitor.text)")
            try client.closeInput()
        }
    }
}

extension IptablesHost {
    /// All rules, with the ends of the time ranges of our rules replaced.
    fileprivate func timelessRules() throws -> [String] {
        try saved().map { $0.replacing(/--date(start|stop) \S+/) { "--date\($0.1) T" } }
    }

    /// Waits until the rules are exactly these again; the error otherwise has the daemon's log.
    fileprivate func awaitRules(_ rules: [String], _ daemon: BackgroundProcess) async throws {
        let seen = { "now: \(try self.timelessRules())\nbefore: \(rules)\n\(daemon.text)" }
        try await eventually("the same rules as before", seen: seen) {
            try self.timelessRules() == rules
        }
    }
}
