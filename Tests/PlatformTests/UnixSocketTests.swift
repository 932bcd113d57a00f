// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Testing

@testable import Platform

@Suite struct UnixSocketTests {
    private let directory: URL
    private var path: String { directory.path + "/socket" }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "unix-socket-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    }

    private func removeDirectory() { try? FileManager.default.removeItem(at: directory) }

    @Test func `bytes are sent both ways with the credentials of the peer`() throws {
        defer { removeDirectory() }
        let listener = try UnixListener(path: path)
        let client = try UnixConnection.connect(to: path, within: .seconds(10))
        let server = try require(listener.accept())
        let (sent, peer) = (try client.send([1, 2, 3]), try server.peer)
        #expect(sent == 3)
        #expect(peer == PeerCredentials(processID: getpid(), userID: geteuid()))
        var buffer = [UInt8](repeating: 0, count: 8)
        let received = try server.receive(into: &buffer)
        #expect(received == .bytes(3) && buffer.starts(with: [1, 2, 3]))
        let nothing = try server.receive(into: &buffer)
        #expect(nothing == .nothing)
        let (back, ready) = (
            try server.send([4]), try client.wait(for: .readable, until: .now + .seconds(10))
        )
        #expect(back == 1 && ready)
    }

    @Test func `the socket has the mode 666, with which every user may connect`() throws {
        defer { removeDirectory() }
        let listener = try UnixListener(path: path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o666)
        withExtendedLifetime(listener) {}
    }

    @Test func `the path is removed with the listener`() throws {
        defer { removeDirectory() }
        do { _ = try UnixListener(path: path) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a listener does not remove the socket of a successor`() throws {
        defer { removeDirectory() }
        do {
            let listener = try UnixListener(path: path)
            try FileManager.default.removeItem(atPath: path)
            try "another".write(toFile: path, atomically: true, encoding: .utf8)
            withExtendedLifetime(listener) {}
        }
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test func `a stale socket is replaced, a live one is not`() throws {
        defer { removeDirectory() }
        try leaveStaleSocket()
        let listener = try UnixListener(path: path)
        let error = #expect(throws: SystemError.self) { _ = try UnixListener(path: path) }
        #expect(error?.code == EADDRINUSE)
        #expect(error?.description == "cannot listen at \(path): Address already in use")
        withExtendedLifetime(listener) {}
    }

    @Test func `a live socket that accepts nothing is not replaced`() throws {
        defer { removeDirectory() }
        let listener = try UnixListener(path: path, backlog: 4)
        // Fills the queue of the listener, so that connecting blocks.
        var waiting: [Held] = []
        let full = #expect(throws: SystemError.self) {
            for _ in 0..<100 {
                waiting.append(Held(try UnixConnection.connect(to: path, within: .milliseconds(20))))
            }
        }
        #expect(full?.wouldBlock == true)
        let error = #expect(throws: SystemError.self) { _ = try UnixListener(path: path) }
        #expect(error?.code == EADDRINUSE)
        withExtendedLifetime(listener) {}
    }

    @Test func `a file at the path is not replaced`() throws {
        defer { removeDirectory() }
        try "precious".write(toFile: path, atomically: false, encoding: .utf8)
        let error = #expect(throws: SystemError.self) { _ = try UnixListener(path: path) }
        #expect(error?.code == EEXIST)
        #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
    }

    @Test func `a directory that others can write is refused`() throws {
        defer { removeDirectory() }
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
        let error = #expect(throws: SystemError.self) { _ = try UnixListener(path: path) }
        #expect(error?.code == EPERM)
    }

    @Test func `a path that is too long is an error`() {
        defer { removeDirectory() }
        let long = directory.path + "/" + String(repeating: "x", count: 100)
        let error = #expect(throws: SystemError.self) { _ = try UnixListener(path: long) }
        #expect(error?.code == ENAMETOOLONG)
    }

    @Test func `writing to a closed connection is an error and no signal`() throws {
        defer { removeDirectory() }
        let listener = try UnixListener(path: path)
        let client = try UnixConnection.connect(to: path, within: .seconds(10))
        do { _ = try listener.accept() }
        do {
            _ = try client.send([1])
            Issue.record("the write succeeded")
        } catch {
            #expect(error.code == EPIPE)
        }
    }

    @Test func `an event queue reports readiness, ends and wake-ups`() throws {
        defer { removeDirectory() }
        let listener = try UnixListener(path: path)
        let queue = try EventQueue()
        try queue.add(listener, token: 1)
        #expect(try queue.wait(timeout: .zero) == [])
        let client = try Held(UnixConnection.connect(to: path, within: .seconds(10)))
        #expect(try queue.wait(timeout: .seconds(10)).map(\.token) == [1])
        let server = try require(listener.accept())
        try queue.add(server, token: 2, interest: .readable)
        #expect(try queue.wait(timeout: .zero) == [])
        client.close()
        let events = try queue.wait(timeout: .seconds(10))
        #expect(events.map(\.token) == [2] && events.allSatisfy(\.hungUp))
        // The end of the connection is reported whatever the interest.
        try queue.change(server, token: 2, interest: [])
        queue.wake()
        let tokens = Set(try queue.wait(timeout: .seconds(10)).map(\.token))
        #expect(tokens == [2, EventQueue.wakeToken])
        // A wake-up is reported once.
        #expect(try queue.wait(timeout: .zero).map(\.token) == [2])
    }

    /// Keeps a connection open. An array cannot hold one, because it is not copyable.
    private final class Held {
        private var connection: UnixConnection?
        init(_ connection: consuming UnixConnection) { self.connection = consume connection }
        func close() { connection = nil }
    }

    /// Makes a socket file on which no process listens, as a killed listener leaves it.
    private func leaveStaleSocket() throws {
        let listener = try UnixListener(path: path + "-before")
        // The listener removes only its own path.
        try FileManager.default.linkItem(atPath: path + "-before", toPath: path)
        withExtendedLifetime(listener) {}
    }
}

/// Like `#require`, for a value that cannot be copied.
private func require(_ value: consuming UnixConnection?) throws -> UnixConnection {
    guard let value else { throw SystemError("accept the connection that was just made", code: EAGAIN) }
    return value
}
