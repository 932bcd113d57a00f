// SPDX-License-Identifier: GPL-2.0-or-later
import Firewalls
import Foundation
import Nftables
import Planner
import Platform
import TestSupport

/// A host with a real firewalld on a message bus of its own, and a peer that sends packets to it, built by
/// Tests/Hosts/hold-firewalld.sh. The host is removed with this object.
final class FirewalldHost: Sendable {
    /// The Debian release that the host runs, for example "trixie"; nil for the system of this machine.
    /// Building such a host takes minutes the first time, so another release is used only on request.
    static let release = ProcessInfo.processInfo.environment["TEREDOWALL_FIREWALLD_RELEASE"].flatMap {
        $0.isEmpty ? nil : $0
    }
    /// The address of the host on the link to its peer.
    static let address = "10.9.0.1"
    /// The address of the peer.
    static let peerAddress = "10.9.0.2"
    /// The process number of the host's first process, in this process's namespace.
    let firstProcess: Int32
    let network: NetworkNamespace
    /// The script that built the host. It removes the host when its standard input is closed.
    private let hostScript: BackgroundProcess

    private init(hostScript: BackgroundProcess, firstProcess: Int32) throws {
        self.hostScript = hostScript
        self.firstProcess = firstProcess
        network = try NetworkNamespace.open(path: "/proc/\(firstProcess)/ns/net")
        try HostGuard.check(network)
    }

    /// Runs `body` with such a host and removes the host afterwards.
    static func with(_ body: (FirewalldHost) async throws -> Void) async throws {
        await hostSlots.take()
        do { try await withNewHost(body) } catch {
            await hostSlots.giveBack()
            throw error
        }
        await hostSlots.giveBack()
    }

    /// At most three such hosts at once: with more, each becomes too slow for the deadlines of its test.
    private static let hostSlots = Slots(3)

    private static func withNewHost(_ body: (FirewalldHost) async throws -> Void) async throws {
        HostGuard.record()
        let log = FileManager.default.temporaryDirectory.appending(path: "teredowall-firewalld-\(UUID()).log")
        defer { try? FileManager.default.removeItem(at: log) }
        let script = packageRoot.appending(path: "Tests/Hosts/hold-firewalld.sh").path
        let hostScript = try BackgroundProcess("bash", [script] + (release.map { [$0] } ?? []), log: log)
        // The limit is long, because other hosts may start at the same time.
        try await eventually("a host with firewalld", within: .seconds(600), seen: { hostScript.text }) {
            if let status = hostScript.exitStatus {
                throw Unexpected(description: "exit \(status): \(hostScript.text)")
            }
            return hostScript.text.hasSuffix("ready\n")
        }
        let host = try FirewalldHost(hostScript: hostScript, firstProcess: try await hostScript.child())
        do { try await body(host) } catch {
            try hostScript.closeInput()
            throw error
        }
        try hostScript.closeInput()
        _ = try await hostScript.end()
    }

    /// The address of the host's message bus, for this process.
    var busAddress: String { "unix:path=/proc/\(firstProcess)/root/run/dbus/system_bus_socket" }

    /// A new `FirewalldFirewall` on the bus of this host.
    func firewall() -> FirewalldFirewall {
        FirewalldFirewall(
            busAddress: busAddress,
            ruleset: { [network] () throws(NftablesError) in
                do { return try network.connection() } catch {
                    throw error as? NftablesError ?? .malformed("\(error)")
                }
            },
            interfaces: { [network] () throws(SystemError) in
                do { return try network.run { () throws(SystemError) in try interfacesWithIPv4() } } catch {
                    throw error as? SystemError ?? SystemError("list interfaces", code: EIO)
                }
            })
    }

    /// Runs a program on this host and returns its output.
    @discardableResult
    func run(_ words: String..., input: String? = nil) async throws -> String {
        try await run(words, input: input)
    }

    /// Runs firewall-cmd on this host and returns its output.
    @discardableResult
    func firewallCommand(_ words: String...) async throws -> String {
        try await run(["firewall-cmd"] + words)
    }

    /// Runs a program on this host and returns its output.
    @discardableResult
    func run(_ words: [String], input: String? = nil) async throws -> String {
        let arguments = ["--target", "\(firstProcess)", "--all", "--root", "--wd", "--"] + words
        // Not on the cooperative thread pool, because it blocks until the program ends.
        return try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try WorkerThread(name: "command") {
                    continuation.resume(with: Result { try runProgram("nsenter", arguments, input: input) })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Runs a program on this host and returns its output, or that and its errors if it fails.
    func outputEvenOfFailure(_ words: String...) async throws -> String {
        do { return try await run(words) } catch let failure as CommandFailure {
            return failure.output + failure.errors
        }
    }

    /// The host's /run, as a path in this process's namespace.
    var scratch: URL { URL(fileURLWithPath: "/proc/\(firstProcess)/root/run") }

    /// Starts a program that goes on running. Its output goes to `LABEL.log` in ``scratch``.
    func start(_ label: String, _ words: String...) throws -> BackgroundProcess {
        try BackgroundProcess(
            "nsenter", ["--target", "\(firstProcess)", "--all", "--root", "--wd", "--"] + words,
            log: scratch.appending(path: "\(label).log"))
    }

    /// Sends a signal to a program that ``start(_:_:)`` started.
    func signal(_ name: String, _ process: BackgroundProcess) async throws {
        let program = try await process.child()
        try runProgram("kill", ["-\(name)", "\(program)"])
    }

    /// Sends firewalld a signal and waits for its end: `exe` is unreadable already when the process is a zombie.
    func stopFirewalld(_ signal: String = "TERM") async throws {
        let script =
            "process=$(</run/firewalld.pid); kill -$0 $process; while [ -e /proc/$process/exe ]; do sleep 0.02; done"
        try await run("bash", "-euc", script, signal)
    }

    /// Starts firewalld and waits until it runs.
    func startFirewalld() async throws { try await runHostScript("start") }

    /// Ends the message bus, with all its connections, and starts another.
    func restartBus() async throws { try await runHostScript("restart-bus") }

    private func runHostScript(_ command: String) async throws {
        let script = packageRoot.appending(path: "Tests/Hosts/hold-firewalld.sh").path
        try await run("bash", script, command)
    }

    /// The part of the ruleset that `FirewalldFirewall` needs: the tables of family inet, without contents.
    func ruleset() async throws -> Ruleset {
        let names = try await run("nft", "list", "tables").split(separator: "\n").compactMap {
            line -> TableName? in
            let words = line.split(separator: " ")
            guard words.count == 3, words[1] == "inet" else { return nil }
            return TableName(.inet, String(words[2]))
        }
        return Ruleset(tables: names.map { Table($0) })
    }

    /// The rich rules of a zone, as firewall-cmd lists them.
    func richRules(_ zone: String = "public") async throws -> [String] {
        try await firewallCommand("--zone=\(zone)", "--list-rich-rules").split(separator: "\n").map(
            String.init
        )
        .sorted()
    }
}

/// A result that differs from the expected one.
struct Unexpected: Error, CustomStringConvertible {
    var description: String
}
