// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// A Teredo server and the hosts of its clients, each in a network namespace, built by Tests/Hosts/lab.sh.
///
/// The lab and every process in it end with the lab's first process, which ends with the test process.
final class Lab: Sendable {
    /// The directory that the processes of the lab see as /run/lab.
    let scratch: URL
    /// The process number of the lab's first process, in this process's namespace.
    let keeper: Int32
    /// The script that built the lab. It ends the lab when its standard input is closed.
    private let outer: BackgroundProcess

    private init(outer: BackgroundProcess, keeper: Int32) {
        self.outer = outer
        self.keeper = keeper
        scratch = URL(fileURLWithPath: "/proc/\(keeper)/root/run/lab")
    }

    /// Runs `body` in a lab that has these hosts, then ends the lab. An error of `body` is thrown with the
    /// lab's logs.
    static func with(
        _ hosts: [String] = ["host"], _ body: (Lab) async throws -> Void
    ) async throws {
        let lab = try await start(hosts)
        do { try await body(lab) } catch {
            let logs = lab.logs
            try await lab.stop()
            throw LabFailure(error: error, logs: logs)
        }
        try await lab.stop()
    }

    subscript(name: String) -> Host { Host(name: name, lab: self) }

    /// The output of every process of the lab.
    var logs: String {
        let files =
            (try? FileManager.default.contentsOfDirectory(at: scratch, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "log" }
            .map { "== \($0.lastPathComponent)\n\((try? String(contentsOf: $0, encoding: .utf8)) ?? "")" }
            .joined(separator: "\n")
    }

    private static func start(_ hosts: [String]) async throws -> Lab {
        HostGuard.record()
        let script = packageRoot.appending(path: "Tests/Hosts/hold-lab.sh").path
        let log = FileManager.default.temporaryDirectory.appending(path: "teredowall-lab-\(UUID()).log")
        defer { try? FileManager.default.removeItem(at: log) }
        let outer = try BackgroundProcess("bash", [script] + hosts, log: log)
        try await eventually("the lab", seen: { outer.text }) {
            if let status = outer.exitStatus { throw LabFailure(error: ExitStatus(status), logs: outer.text) }
            return outer.text.hasSuffix("ready\n")
        }
        return Lab(outer: outer, keeper: try await outer.child())
    }

    private func stop() async throws {
        try outer.closeInput()
        _ = try await outer.end()
    }
}

/// The error of a test, with the output of the processes in its lab.
struct LabFailure: Error, CustomStringConvertible {
    var error: any Error
    var logs: String
    var description: String { "\(error)\n\(logs)" }
}

/// The error of a program that ended early.
struct ExitStatus: Error, Equatable, CustomStringConvertible {
    var status: Int32
    init(_ status: Int32) { self.status = status }
    var description: String { "exit status \(status)" }
}
