// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Control

/// A control server in this process with a new directory, for the duration of one test.
final class TestServer: Sendable {
    private let directory: TemporaryDirectory
    let handler: ScriptedHandler
    private let lines = Mutex<[String]>([])

    /// The lines that the server has logged.
    var log: [String] { lines.withLock { $0 } }

    var path: String { directory.path + "/control" }

    private init(handler: ScriptedHandler) throws {
        directory = try TemporaryDirectory()
        self.handler = handler
    }

    /// Runs a server during `body`.
    static func run(
        limits: Limits = Limits(), _ body: (TestServer) async throws -> Void
    ) async throws {
        let testServer = try TestServer(handler: ScriptedHandler())
        let server = try ControlServer(
            path: testServer.path, handler: testServer.handler, version: "1.0", limits: limits
        ) { line in testServer.lines.withLock { $0.append(line) } }
        try await withThrowingTaskGroup { group in
            group.addTask { await server.run() }
            // After a failure, calls may still wait for `releasePlans`, and the server waits for them.
            defer { testServer.handler.releasePlans() }
            try await body(testServer)
            group.cancelAll()
        }
        #expect(access(testServer.path, F_OK) != 0, "the socket outlived its server")
    }

    /// A new client of this server.
    var client: ControlClient { ControlClient(path: path, timeout: .seconds(30)) }
}

/// A new directory that any user may enter; removed with this object, if it is empty.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/control-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw SystemError("make a temporary directory", code: errno)
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        try check("change the mode of \(path)") { chmod(path, 0o755) }
    }

    deinit { rmdir(path) }
}

/// Runs blocking code on a thread outside the cooperative pool, which the server needs for its answers, and
/// returns its result.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    let result = Mutex<Result<Value, any Error>?>(nil)
    try await onDedicatedThread(name: "client") {
        let outcome = Result { try body() }
        result.withLock { $0 = outcome }
    }
    return try #require(result.withLock { $0 }).get()
}
