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
    let firstProcess: Int32
    /// The script that built the lab. It ends the lab when its standard input is closed.
    private let labScript: BackgroundProcess

    private init(labScript: BackgroundProcess, firstProcess: Int32) {
        self.labScript = labScript
        self.firstProcess = firstProcess
        scratch = URL(fileURLWithPath: "/proc/\(firstProcess)/root/run/lab")
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
        let labScript = try BackgroundProcess("bash", [script] + hosts, log: log)
        try await eventually("the lab", seen: { labScript.text }) {
            if let status = labScript.exitStatus {
                throw LabFailure(error: ExitStatus(status), logs: labScript.text)
            }
            return labScript.text.hasSuffix("ready\n")
        }
        return Lab(labScript: labScript, firstProcess: try await labScript.child())
    }

    private func stop() async throws {
        try labScript.closeInput()
        _ = try await labScript.end()
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
