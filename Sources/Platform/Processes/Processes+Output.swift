// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

extension Processes {
    /// The output of a program, including standard error, and its exit status (128 + N after signal N).
    public struct Output: Hashable, Sendable {
        public let text: String
        public let status: Int32
    }

    /// Runs a program with empty input. `words` has its name, which is searched in `PATH`, and its arguments, at most
    /// 31 words in all. Blocks until the program ends and its output is closed.
    ///
    /// - Throws: ``SystemError``: ENOENT when there is no such program; ETIMEDOUT when it took longer than
    ///   `limit` and was killed; EINVAL for no word or too many.
    public static func output(of words: [String], within limit: Duration) throws(SystemError) -> Output {
        let operation = "run \(words.first ?? "nothing")"
        var readingEnd: CInt = -1
        var writingEnd: CInt = -1
        try checkStatus(operation) { unsafe clinux_pipe_open(&readingEnd, &writingEnd) }
        let reading = PipeEnd(owning: readingEnd)
        // `spawn` closes our writing end, so that the pipe ends when the program has closed its output.
        let process = try spawn(words, output: Descriptor(owning: writingEnd), operation)
        let deadline = ContinuousClock.now + limit
        var text = ""
        do throws(SystemError) {
            text = try output(from: reading, until: deadline, operation)
            // The program may close its output long before it ends. One that has ended can be watched, too, because
            // nothing has waited for it yet: `exitStatus` does so below.
            try awaitNews(from: ProcessExit(of: process), until: deadline, operation)
        } catch {
            kill(process, SIGKILL)
            _ = try exitStatus(of: process, operation)
            throw error
        }
        return Output(text: text, status: try exitStatus(of: process, operation))
    }

    /// Everything that is written to a pipe until all its writing ends are closed.
    private static func output(
        from pipe: PipeEnd, until deadline: ContinuousClock.Instant, _ operation: String
    ) throws(SystemError) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            try awaitNews(from: pipe, until: deadline, operation)
            let count = try check(operation) { unsafe read(pipe.descriptorNumber, &chunk, chunk.count) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    private static func awaitNews(
        from source: any EventSource, until deadline: ContinuousClock.Instant, _ operation: String
    ) throws(SystemError) {
        let hasNews = try waitForEvents(from: [source], until: deadline)
        if !hasNews[0] { throw SystemError(operation, code: ETIMEDOUT) }
    }

    /// Blocks until a child process has ended, and returns its exit status (128 + N after signal N).
    private static func exitStatus(of process: Int32, _ operation: String) throws(SystemError) -> Int32 {
        var status: CInt = 0
        try check(operation) { unsafe waitpid(process, &status, 0) }
        // As wait(2) encodes it: the signal in bits 0 to 6, the exit status in bits 8 to 15.
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    private static func spawn(
        _ words: [String], output: consuming Descriptor, _ operation: String
    ) throws(SystemError) -> Int32 {
        var list = words.flatMap { $0.utf8CString }
        var process: Int32 = 0
        try checkStatus(operation) {
            unsafe clinux_spawn(&list, list.count, output.rawValue, &process)
        }
        return process
    }
}

/// The reading end of a pipe.
private final class PipeEnd: EventSource {
    private let descriptor: Descriptor

    init(owning number: CInt) { descriptor = Descriptor(owning: number) }

    var descriptorNumber: CInt { descriptor.rawValue }
}
