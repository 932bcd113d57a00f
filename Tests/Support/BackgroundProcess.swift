// SPDX-License-Identifier: GPL-2.0-or-later
public import Foundation
import Synchronization

/// A program that runs in the background of a test. Its output is collected in a file.
public final class BackgroundProcess: Sendable {
    /// The ID of the process that was started. It is that of the program or, if the program is nsenter and enters
    /// another PID namespace, that of the parent of nsenter's program.
    public let identifier: Int32
    private let log: URL
    private let input: FileHandle
    private let ended: Ended

    /// Starts `program`, which is searched in PATH. Its standard input stays open; both of its outputs go
    /// to the file `log`.
    public init(_ program: String, _ arguments: [String], log: URL) throws {
        guard FileManager.default.createFile(atPath: log.path, contents: nil) else {
            throw CommandFailure(command: "create \(log.path)", status: -1, output: "", errors: "")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = testEnvironment
        let output = try FileHandle(forWritingTo: log)
        process.standardOutput = output
        process.standardError = output
        let ended = Ended()
        process.terminationHandler = { process in
            let status = process.terminationStatus
            ended.status.withLock { $0 = process.terminationReason == .exit ? status : -status }
        }
        input = try spawn {
            let standardInput = Pipe.closingOnExec()
            process.standardInput = standardInput
            try process.run()
            return standardInput.fileHandleForWriting
        }
        self.log = log
        self.ended = ended
        identifier = process.processIdentifier
    }

    /// Everything printed so far.
    public var text: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// The exit status, or the negated number of the signal that killed it; nil while it runs.
    public var exitStatus: Int32? { ended.status.withLock { $0 } }

    /// Waits for the end, and returns the status as ``exitStatus`` does. Throws ``DeadlineMissed`` if the process still
    /// runs after `limit`; does not kill it.
    public func end(within limit: Duration = .seconds(30)) async throws -> Int32 {
        try await eventually("end of process \(identifier)", within: limit, seen: { text }) { exitStatus }
    }

    /// Writes to the program's standard input.
    public func write(_ text: String) throws { try input.write(contentsOf: Data(text.utf8)) }

    /// Closes the program's standard input.
    public func closeInput() throws { try input.close() }

    /// Waits until the process has a child, and returns the ID of the first.
    public func child() async throws -> Int32 {
        let path = "/proc/\(identifier)/task/\(identifier)/children"
        return try await eventually("child of process \(identifier)", seen: { text }) {
            try? String(contentsOfFile: path, encoding: .utf8).split(separator: " ").first.flatMap {
                Int32($0)
            }
        }
    }
}

/// The exit status, set by the thread that reaps the process.
private final class Ended: Sendable {
    let status = Mutex<Int32?>(nil)
}
