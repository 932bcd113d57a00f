// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import Platform
import TestSupport

/// A host with the real iptables and ufw, and a peer on the same link, built by Tests/Hosts/hold-iptables.sh.
/// The host is removed with this object.
final class IptablesHost: Sendable {
    let network: NetworkNamespace
    let peer: NetworkNamespace
    /// The process number of the host's first process, in this process's namespace.
    private let firstProcess: Int32

    private init(firstProcess: Int32) throws {
        self.firstProcess = firstProcess
        network = try .open(path: "/proc/\(firstProcess)/ns/net")
        peer = try .open(path: "/proc/\(firstProcess)/root/run/netns/peer")
        try HostGuard.check(network)
        try HostGuard.check(peer)
    }

    /// Runs `body` with a new host and removes the host afterwards.
    static func with(_ body: @Sendable (IptablesHost) async throws -> Void) async throws {
        HostGuard.record()
        let log = FileManager.default.temporaryDirectory.appending(path: "teredowall-iptables-\(UUID()).log")
        defer { try? FileManager.default.removeItem(at: log) }
        let script = packageRoot.appending(path: "Tests/Hosts/hold-iptables.sh").path
        let hostScript = try BackgroundProcess("bash", [script], log: log)
        // The limit is long, because other hosts may start at the same time.
        try await eventually("a host with iptables", within: .seconds(180), seen: { hostScript.text }) {
            if let status = hostScript.exitStatus {
                throw CommandFailure(command: script, status: status, output: hostScript.text)
            }
            return hostScript.text.hasSuffix("ready\n")
        }
        do { try await body(IptablesHost(firstProcess: hostScript.child())) } catch {
            // The script removes the host when its input ends.
            try hostScript.closeInput()
            throw error
        }
        try hostScript.closeInput()
        _ = try await hostScript.end()
    }

    /// Runs a program on this host and returns its output.
    @discardableResult
    func run(_ program: String, _ arguments: String..., input: String? = nil) throws -> String {
        try runProgram(
            "nsenter", ["--target", "\(firstProcess)", "--all", "--root", "--wd", "--", program] + arguments,
            input: input)
    }

    /// Starts a program on this host that goes on running.
    func start(_ program: String, _ arguments: String..., log: URL) throws -> BackgroundProcess {
        try BackgroundProcess(
            "nsenter", ["--target", "\(firstProcess)", "--all", "--root", "--wd", "--", program] + arguments,
            log: log)
    }

    /// Runs a script of shell commands on this host.
    @discardableResult
    func shell(_ commands: String) throws -> String { try run("bash", "-euc", commands) }

    /// A new `NftablesFirewall` on this host.
    func firewall() throws -> NftablesFirewall { try network.firewall() }

    /// The rules as `iptables-save` prints them, without its dates and the packet counters of policies, which
    /// differ each time.
    func saved() throws -> [String] {
        try run("iptables-save").split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            line.hasPrefix(":") ? line.prefix { $0 != "[" }.description : String(line)
        }
    }

    /// The policy and the rules of one chain as `iptables -S` prints them, with both ends of their time ranges
    /// replaced by "T".
    func rules(of chain: String) throws -> [String] {
        try run("iptables", "-S", chain).split(separator: "\n").map { line in
            line.split(separator: " ").map { word in
                word.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/) == nil ? String(word) : "T"
            }.joined(separator: " ")
        }
    }
}
