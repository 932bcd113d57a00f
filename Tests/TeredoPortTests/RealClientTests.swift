// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Platform
import TestSupport
import Testing

@testable import TeredoPort

/// A real Teredo client in a network namespace. It reaches no Teredo server, but binds its port. The addresses are
/// public ones, because Miredo refuses private ones.
private final class RealClient {
    private let namespace: NetworkNamespace
    private let directory: URL
    private var process: BackgroundProcess?

    init(in namespace: NetworkNamespace) throws {
        self.namespace = namespace
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("teredoport-client-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try namespace.command("ip", ["link", "set", "lo", "up"])
        try namespace.command("ip", ["addr", "add", "6.6.6.2/24", "dev", "lo"])
    }

    deinit {
        if let process, process.exitStatus == nil { kill(process.identifier, SIGTERM) }
        try? FileManager.default.removeItem(at: directory)
    }

    /// Starts the client with these additional lines of configuration.
    func start(_ lines: String = "") throws {
        let configuration = directory.appendingPathComponent("client.conf")
        try Data("InterfaceName teredo\nServerAddress 5.5.5.1\n\(lines)\n".utf8).write(to: configuration)
        let pidFile = directory.appendingPathComponent("client.pid")
        process = try BackgroundProcess(
            "nsenter",
            ["--net=\(namespace.path)", "miredo", "-f", "-c", configuration.path, "-p", pidFile.path],
            log: directory.appendingPathComponent("client.log"))
    }

    /// Sends a signal to the main process: SIGHUP makes the client reload its configuration.
    func signal(_ signal: Int32) throws { kill(try #require(process).identifier, signal) }

    /// Kills the process that owns the socket, as in a crash.
    func crash() async throws { kill(try await #require(process).child(), SIGKILL) }

    /// Ends the client and waits for its end.
    func stop() async throws {
        try signal(SIGTERM)
        _ = try await process?.end()
    }
}

@Suite(.enabledAsRoot)
struct RealClientTests {
    @Test func `start, reload, crash and stop of a real client are reported`() async throws {
        let uid = try #require(try Users.uid(named: Teredo.defaultUser))
        let namespace = try NetworkNamespace.forTest()
        let client = try RealClient(in: namespace)
        let observer = PortObserver(of: TeredoClient(owner: .uid(uid)), dispatcher: Dispatcher())
        let events = Record<TeredoPortEvent>()
        let registration = try namespace.run {
            try observer.follow(initial: true) { events.append($0) }
        }
        let lookup = PortLookup(of: TeredoClient(owner: .uid(uid)))
        var port: UInt16?
        #expect(events.all == [.initial])

        // Waits for the event of a port other than the previous one, and returns that port.
        func next() throws -> UInt16 {
            let reported = events.wait { entries in
                switch entries.last {
                case .started(let new), .changed(let new): new != port
                case .initial, .stopped, nil: false
                }
            }
            switch reported.last {
            case .started(let new), .changed(let new): port = new
            case .initial, .stopped, nil: port = nil
            }
            let found = try #require(port)
            #expect(try namespace.run { try lookup.port() } == found)
            return found
        }

        try client.start()
        let first = try next()
        #expect(events.all.prefix(2) == [.initial, .started(first)])
        try client.signal(SIGHUP)
        let second = try next()
        #expect(first != second)
        try await client.crash()
        let third = try next()
        #expect(second != third)
        try await client.stop()
        #expect(events.wait { $0.last == .stopped(lastPort: third) }.last == .stopped(lastPort: third))
        #expect(throws: TeredoError.notReady) { try namespace.run { try lookup.port() } }
        try registration.cancel()
        // A client whose only port is that of local discovery.
        try client.start("BindPort 3544")
        let ports = Record<[UInt16]>()
        let portsRegistration = try namespace.run { try observer.followAll { ports.append($0) } }
        #expect(ports.wait { $0.last == [3544] }.last == [3544])
        try await client.stop()
        #expect(ports.wait { $0.last == [] }.last == [])
        try portsRegistration.cancel()
    }
}
