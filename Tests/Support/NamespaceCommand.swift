// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
public import Platform

/// A command that ended with a status other than 0.
public struct CommandFailure: Error, CustomStringConvertible {
    public var command: String
    public var status: Int32
    public var output: String
    public var errors: String

    public var description: String { "\(command): exit \(status)\n\(errors)\(output)" }
}

extension NetworkNamespace {
    /// Runs a program in this namespace, `input` on its standard input, and gives what it printed.
    /// Throws ``CommandFailure`` when it fails. Blocks.
    @discardableResult
    public func command(
        _ program: String, _ arguments: [String] = [], input: String? = nil
    ) throws -> String {
        try HostGuard.check(self)
        return try runProgram("nsenter", ["--net=\(path)", program] + arguments, input: input)
    }

    /// `nft` with the given words, or loading the given text.
    @discardableResult
    public func nft(_ arguments: String...) throws -> String { try command("nft", arguments) }

    @discardableResult
    public func nft(load text: String) throws -> String { try command("nft", ["-f", "-"], input: text) }
}

/// Runs a program found on PATH, waits for its end and gives what it printed.
/// Throws ``CommandFailure`` when it fails. Blocks.
@discardableResult
public func runProgram(_ program: String, _ arguments: [String], input: String? = nil) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = errors
    let collected = Collected()
    let reading = DispatchGroup()
    for (pipe, stream) in [(output, \Collected.output), (errors, \Collected.errors)] {
        DispatchQueue.global().async(group: reading) {
            let data = pipe.fileHandleForReading.readDataToEndOfFile()
            collected.set(stream, data)
        }
    }
    try process.run()
    if let input { try? standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
    try standardInput.fileHandleForWriting.close()
    process.waitUntilExit()
    reading.wait()
    let text = String(decoding: collected.output, as: UTF8.self)
    guard process.terminationStatus == 0 else {
        throw CommandFailure(
            command: ([program] + arguments).joined(separator: " "), status: process.terminationStatus,
            output: text, errors: String(decoding: collected.errors, as: UTF8.self))
    }
    return text
}

/// What both streams delivered, each written by a thread of its own.
private final class Collected: @unchecked Sendable {
    private let lock = NSLock()
    var output = Data()
    var errors = Data()

    func set(_ stream: ReferenceWritableKeyPath<Collected, Data>, _ data: Data) {
        lock.withLock { self[keyPath: stream] = data }
    }
}
