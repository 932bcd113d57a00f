// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import TestSupport
import Testing

/// The control server as a separate process, for the duration of one test.
final class FixtureProcess: Sendable {
    private let directory: TemporaryDirectory
    private let process: BackgroundProcess
    var path: String { directory.path + "/control" }
    var log: String { process.text }

    private init(under command: [String]) throws {
        directory = try TemporaryDirectory()
        let words = command + [built("control-fixture"), directory.path + "/control"]
        process = try BackgroundProcess(
            words[0], Array(words.dropFirst()), log: URL(fileURLWithPath: directory.path + "/log"))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory.path) }

    /// Runs the process during `body`. `command` is prefixed to its command line, for instance prlimit.
    static func run(under command: [String] = [], _ body: (FixtureProcess) async throws -> Void) async throws
    {
        let fixture = try FixtureProcess(under: command)
        do {
            try await eventually("the server", seen: { fixture.log }) {
                fixture.log.contains("ready\n") ? true : nil
            }
            try await body(fixture)
        } catch {
            try fixture.process.closeInput()
            throw error
        }
        try fixture.process.closeInput()
        let status = try await fixture.process.end()
        #expect(status == 0, "\(fixture.log)")
    }

    /// Changes the port that the server reports.
    func setPort(_ port: UInt16) throws { try process.write("\(port)\n") }

    /// The present resident memory in KiB.
    var memory: Int { get throws { try field("VmRSS") } }

    /// The maximum of the resident memory since ``resetPeakMemory()``, in KiB.
    var peakMemory: Int { get throws { try field("VmHWM") } }

    /// Sets the maximum to the present value: "5" in clear_refs does this (proc(5)).
    func resetPeakMemory() throws {
        try "5".write(toFile: "/proc/\(process.identifier)/clear_refs", atomically: false, encoding: .utf8)
    }

    /// Waits until the server is idle: until two successive readings of its processor time are equal.
    func waitUntilIdle() async throws {
        var before = -1
        try await eventually("the server is idle", seen: { log }) {
            let now = try processorTime
            defer { before = now }
            return now == before
        }
    }

    /// The processor time of the server in ticks of 10 ms.
    private var processorTime: Int {
        get throws {
            let text = try String(contentsOfFile: "/proc/\(process.identifier)/stat", encoding: .utf8)
            let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
            // utime and stime, fields 14 and 15 in proc(5); `fields` begins with field 3.
            guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
                throw CocoaError(.fileReadCorruptFile)
            }
            return user + system
        }
    }

    /// The number in a line of /proc/PID/status.
    private func field(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        let words = line?.split(whereSeparator: \.isWhitespace) ?? []
        guard words.count > 1, let value = Int(words[1]) else { throw CocoaError(.fileReadCorruptFile) }
        return value
    }
}
