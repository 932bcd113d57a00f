// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
public import Platform
import Synchronization

/// The error of a command with an exit status other than 0.
public struct CommandFailure: Error, CustomStringConvertible {
    /// The program and its arguments, or another description of what failed.
    public var command: String
    /// The exit status, or the number of the signal that killed the program; -1 if none ran.
    public var status: Int32
    /// The text on the standard output.
    public var output: String
    /// The text on the standard error.
    public var errors: String

    public init(command: String, status: Int32, output: String = "", errors: String = "") {
        self.command = command
        self.status = status
        self.output = output
        self.errors = errors
    }

    public var description: String { "\(command): exit \(status)\n\(errors)\(output)" }
}

extension NetworkNamespace {
    /// Runs a program in this namespace, with `input` on its standard input, and returns its output. Throws
    /// ``CommandFailure`` when it fails. Blocks.
    @discardableResult
    public func command(
        _ program: String, _ arguments: [String] = [], input: String? = nil
    ) throws -> String {
        try HostGuard.check(self)
        return try runProgram("nsenter", ["--net=\(path)", program] + arguments, input: input)
    }

    /// Runs `nft` with these arguments.
    @discardableResult
    public func nft(_ arguments: String...) throws -> String { try command("nft", arguments) }

    /// Runs the commands or loads the ruleset in `text` with `nft -f`.
    @discardableResult
    public func nft(load text: String) throws -> String { try command("nft", ["-f", "-"], input: text) }
}

/// Runs a program found on PATH in the namespaces of this process, with `input` on its standard input, waits for its
/// end and returns its output. Throws ``CommandFailure`` when it fails. Blocks.
@discardableResult
public func runProgram(_ program: String, _ arguments: [String], input: String? = nil) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.environment = testEnvironment
    let (standardInput, output, errors) = try spawn {
        let pipes = (Pipe.closingOnExec(), Pipe.closingOnExec(), Pipe.closingOnExec())
        (process.standardInput, process.standardOutput, process.standardError) = pipes
        try process.run()
        return pipes
    }
    let (text, errorText) = (Collected(output), Collected(errors))
    // Read on separate threads: those of Dispatch are too few for parallel tests.
    let readers = try [text, errorText].map { stream in
        try WorkerThread(name: "reader") { stream.readToEnd() }
    }
    // A program may end without having read its input; its status shows whether it failed.
    if let input { try? standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
    try standardInput.fileHandleForWriting.close()
    process.waitUntilExit()
    for reader in readers { reader.join() }
    guard process.terminationStatus == 0 else {
        // The status of `env`, and of shells, when there is no such program.
        let advice =
            process.terminationStatus == 127
            ? "Tests/Hosts/prepare.sh installs the programs that tests need\n" : ""
        throw CommandFailure(
            command: ([program] + arguments).joined(separator: " "), status: process.terminationStatus,
            output: text.string, errors: errorText.string + advice)
    }
    return text.string
}

/// Collects the output of a process; `readToEnd` blocks until the output ends.
private final class Collected: Sendable {
    private let source: FileHandle
    private let data = Mutex(Data())

    init(_ pipe: Pipe) { source = pipe.fileHandleForReading }

    func readToEnd() {
        let all = source.readDataToEndOfFile()
        data.withLock { $0 = all }
    }

    var string: String { data.withLock { String(decoding: $0, as: UTF8.self) } }
}
