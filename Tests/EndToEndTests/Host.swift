// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport

/// One host of a lab: its network namespace and the programs that run in it.
struct Host: Sendable {
    let name: String
    let lab: Lab

    /// Runs a program, the first of `words`, with the others as arguments on this host and returns its
    /// output. Throws ``CommandFailure`` if it fails.
    @discardableResult
    func run(_ words: String..., input: String? = nil) async throws -> String {
        try await run(words, input: input)
    }

    @discardableResult
    func run(_ words: [String], input: String? = nil) async throws -> String {
        try runProgram("nsenter", nsenterArguments(words), input: input)
    }

    /// Runs a program on this host and returns its exit status, and its output and errors.
    func outcome(_ words: String...) async throws -> (status: Int32, text: String) {
        try await outcome(words)
    }

    func outcome(_ words: [String]) async throws -> (status: Int32, text: String) {
        do { return (0, try await run(words)) } catch let failure as CommandFailure {
            return (failure.status, failure.output + failure.errors)
        }
    }

    /// Runs a shell script that may use the functions of Tests/Hosts/lab.sh.
    @discardableResult
    func shell(_ text: String) async throws -> String {
        let root = packageRoot.path
        return try await run(
            "bash", "-euc",
            "set -o pipefail; . \(root)/scripts/lib/common.sh; . \(root)/Tests/Hosts/lab.sh; lab=/run/lab; \(text)"
        )
    }

    /// Starts a program that goes on running. Its output goes to `LABEL.log` in the lab's directory.
    func start(_ label: String, _ words: String...) throws -> BackgroundProcess {
        try start(label, words)
    }

    func start(_ label: String, _ words: [String]) throws -> BackgroundProcess {
        try BackgroundProcess(
            "nsenter", nsenterArguments(words), log: lab.scratch.appending(path: "\(label).log"))
    }

    /// Sends a signal, for example "TERM", to a program that ``start(_:_:)`` started.
    func signal(_ name: String, _ process: BackgroundProcess) async throws {
        try runProgram("kill", ["-\(name)", "\(try await process.child())"])
    }

    /// Writes a file in the lab's directory.
    func write(_ text: String, to file: String) throws {
        try text.write(to: lab.scratch.appending(path: file), atomically: false, encoding: .utf8)
    }

    /// The arguments with which nsenter runs the command `words` on this host.
    private func nsenterArguments(_ words: [String]) -> [String] {
        let network = "/proc/\(lab.firstProcess)/root/run/netns/\(name)"
        return ["--target", "\(lab.firstProcess)", "--mount", "--pid", "--net=\(network)", "--"] + words
    }
}
