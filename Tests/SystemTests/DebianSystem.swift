// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// A Debian system with the real systemd as process 1, in namespaces of its own, as a host of a Teredo lab.
/// Built by Tests/Hosts/hold-system.sh; it ends with this object, and every process in it too.
final class DebianSystem: Sendable {
    /// The number of the first process of the surrounding lab, in the PID namespace of the tests.
    private let firstProcess: Int32
    /// The number of the system's process 1 in the lab.
    private let initProcess: String
    /// The script that booted the system. It removes the system when its standard input is closed.
    private let systemScript: BackgroundProcess

    private init(systemScript: BackgroundProcess, firstProcess: Int32) throws {
        self.systemScript = systemScript
        self.firstProcess = firstProcess
        initProcess = try String(contentsOfFile: "/proc/\(firstProcess)/root/run/lab/init", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// At most three systems at once: with more, each becomes too slow for the deadlines of its test.
    private static let slots = Slots(3)

    /// Runs `body` in a newly booted system, then ends the system. An error of `body` is thrown with the system's
    /// journal.
    static func with(
        _ body: (DebianSystem) async throws -> Void
    ) async throws {
        await slots.take()
        do {
            let system = try await boot()
            do { try await body(system) } catch {
                let journal = (try? await system.run("journalctl", "--no-pager", "--lines=200")) ?? ""
                try await system.end()
                throw SystemFailure(error: error, journal: journal)
            }
            try await system.end()
        } catch {
            await slots.giveBack()
            throw error
        }
        await slots.giveBack()
    }

    /// The root directory of the system, as a path in the mount namespace of the tests.
    var root: URL { URL(fileURLWithPath: "/proc/\(firstProcess)/root/run/system/root") }

    /// Runs a program in the system and returns its output. Throws ``CommandFailure`` if it fails.
    @discardableResult
    func run(_ words: String..., input: String? = nil) async throws -> String {
        try await run(words, input: input)
    }

    @discardableResult
    func run(_ words: [String], input: String? = nil) async throws -> String {
        let lab = ["--target", "\(firstProcess)", "--mount", "--pid", "--net", "--"]
        let inside = ["nsenter", "--target", initProcess, "--all", "--root", "--wd", "--"]
        let environment = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
        return try await Self.runOutside("nsenter", lab + inside + environment + words, input: input)
    }

    /// Runs a program in the system and returns its exit status, and its output and errors.
    func outcome(_ words: String...) async throws -> (status: Int32, text: String) {
        do { return (0, try await run(words)) } catch let failure as CommandFailure {
            return (failure.status, failure.output + failure.errors)
        }
    }

    /// Runs a shell script in the system. The script ends at the first command that fails, and this function
    /// throws.
    @discardableResult
    func shell(_ text: String) async throws -> String {
        try await run("bash", "-euo", "pipefail", "-c", text)
    }

    /// Writes a file of the system; makes its directory if necessary.
    func write(_ text: String, to path: String) throws {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: false, encoding: .utf8)
    }

    /// Runs a program outside of any system and returns its output. Throws ``CommandFailure`` if it fails. Does not
    /// occupy a thread of the cooperative pool.
    @discardableResult
    static func runOutside(
        _ program: String, _ arguments: [String], input: String? = nil
    ) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try runProgram(program, arguments, input: input) })
            }
        }
    }

    private static func boot() async throws -> DebianSystem {
        HostGuard.record()
        let log = FileManager.default.temporaryDirectory.appending(path: "teredowall-system-\(UUID()).log")
        defer { try? FileManager.default.removeItem(at: log) }
        let script = packageRoot.appending(path: "Tests/Hosts/hold-system.sh").path
        let systemScript = try BackgroundProcess("bash", [script], log: log)
        // The limit is long, because other hosts may start at the same time.
        try await eventually("a booted system", within: .seconds(240), seen: { systemScript.text }) {
            if let status = systemScript.exitStatus {
                throw SystemFailure(error: ExitStatus(status: status), journal: systemScript.text)
            }
            return systemScript.text.hasSuffix("ready\n")
        }
        // The script waits for its child `unshare`, whose child is the first process of the lab.
        return try DebianSystem(
            systemScript: systemScript, firstProcess: onlyChild(of: try await systemScript.child()))
    }

    /// The child of a process that has exactly one.
    private static func onlyChild(of process: Int32) throws -> Int32 {
        let children = try String(
            contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        guard let child = children.split(separator: " ").first.flatMap({ Int32($0) }) else {
            throw Unexpected(description: "process \(process) has no child")
        }
        return child
    }

    /// Ends the system and every process in it.
    private func end() async throws {
        try systemScript.closeInput()
        _ = try await systemScript.end()
    }
}

/// The error of a test that failed in its system, with the system's journal.
struct SystemFailure: Error, CustomStringConvertible {
    var error: any Error
    var journal: String
    var description: String { "\(error)\n\(journal)" }
}

/// The error of a script that ended before the system was booted.
struct ExitStatus: Error, CustomStringConvertible {
    var status: Int32
    var description: String { "exit status \(status)" }
}

/// A result that differs from the expected one.
struct Unexpected: Error, CustomStringConvertible { var description: String }
