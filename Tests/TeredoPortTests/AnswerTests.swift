// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TestSupport
import Testing

@testable import TeredoPort

/// Tests registrations beside calls of `PortLookup.port`: registrations made before a call report the start and the end
/// of the port that the call returned.
@Suite(.enabledAsRoot)
struct AnswerTests {
    private let namespace: NetworkNamespace
    private let observer: PortObserver
    private let lookup: PortLookup
    private let uid: UInt32 = 4731

    init() throws {
        namespace = try NetworkNamespace.forTest()
        let memory = ClientMemory()
        let client = TeredoClient(owner: .uid(uid))
        observer = PortObserver(of: client, dispatcher: Dispatcher(), memory: memory)
        lookup = PortLookup(of: client, memory: memory, observer: observer)
    }

    private func port() throws -> UInt16 { try namespace.run { try lookup.port() } }

    /// Binds a socket, calls `port`, which must return the socket's port, closes the socket, and returns the port.
    private func portOfBriefClient() throws -> UInt16 {
        let client = try TestSocket(in: namespace, uid: uid)
        let answer = try port()
        #expect(answer == client.port)
        return withExtendedLifetime(client) { answer }
    }

    @Test func `a client found by a call is reported to registrations, and so is its end`() throws {
        let events = Record<TeredoPortEvent>()
        let registration = try namespace.run { try observer.follow(initial: false) { events.append($0) } }
        for round in 1...20 {
            let port = try portOfBriefClient()
            let reported = events.wait(count: 2 * round).suffix(2)
            #expect(Array(reported) == [.started(port), .stopped(lastPort: port)])
        }
        try registration.cancel()
    }

    @Test func `a sequence that is read late reports every port that a call has returned`() async throws {
        let changes = try namespace.run { try TeredoPortChanges(of: observer, initial: true) }
        let ports = try (0..<3).map { _ in try portOfBriefClient() }
        var iterator = changes.makeAsyncIterator()
        #expect(await iterator.next() == .initial)
        var begun: [UInt16] = []
        var ended: [UInt16] = []
        while ended != ports {
            switch await iterator.next() {
            case .started(let port): begun.append(port)
            case .changed(let port):
                // A change is also the end of the port that began last.
                ended += begun.suffix(1)
                begun.append(port)
            case .stopped(let port): ended.append(port)
            case .initial, nil:
                Issue.record("a second initial notification, or the end of the sequence")
                return
            }
        }
        #expect(begun == ports)
    }

    @Test func `a polled registration, which has no thread, reports the answers of calls`() throws {
        let (watch, registration) = try namespace.run { try observer.poll() }
        #expect(try watch.takeChanges(atMost: 8) == [])
        let port = try portOfBriefClient()
        var taken: [TeredoPortEvent] = []
        while taken.count < 2 {
            #expect(try waitForEvents(from: [WatchDescriptor(watch)], until: .now + .seconds(30)) == [true])
            taken += try watch.takeChanges(atMost: 1)
        }
        #expect(taken == [.started(port), .stopped(lastPort: port)])
        try registration.cancel()
        #expect(throws: TeredoError.invalidHandle) { try watch.takeChanges(atMost: 1) }
    }

    /// The descriptor of a polled registration, to wait for.
    private final class WatchDescriptor: EventSource {
        let descriptorNumber: CInt
        init(_ watch: PolledPortWatch) { descriptorNumber = watch.descriptorNumber }
    }

    @Test func `a client is found by the first call after its bind`() async throws {
        let registration = try namespace.run { try observer.follow(initial: false) { _ in } }
        for _ in 0..<200 {
            // A child process that another test is starting holds a copy of a closed socket until its exec.
            try await eventually(
                "no port", within: .seconds(20),
                holds: {
                    do {
                        _ = try port()
                        return false
                    } catch TeredoError.notReady { return true }
                })
            // Another user's socket, closed at once, must not delay the answer.
            _ = try TestSocket(in: namespace, uid: uid + 1)
            _ = try portOfBriefClient()
        }
        try registration.cancel()
    }

    @Test func `the registration is known to the caller before the callback runs`() throws {
        let order = Record<String>()
        let registration = try namespace.run {
            try observer.follow(initial: true, prepare: { order.append("handle \($0.id != 0)") }) { _ in
                order.append("callback")
            }
        }
        #expect(order.all == ["handle true", "callback"])
        try registration.cancel()
    }

    @Test func `two concurrent cancels both wait for the callback in progress, and one fails`() throws {
        let isInside = Monitor(false)
        let mayLeave = Monitor(false)
        let hasLeft = Monitor(false)
        let outcomes = Record<String>()
        let registration = try namespace.run {
            try observer.follow(initial: false) { _ in
                isInside.withLock { $0 = true }
                mayLeave.wait { $0 ? () : nil }
                hasLeft.withLock { $0 = true }
            }
        }
        let client = try TestSocket(in: namespace, uid: uid)
        #expect(try port() == client.port)
        isInside.wait { $0 ? () : nil }
        let threads = try (0..<2).map { _ in
            try WorkerThread(name: "cancel") {
                let result = Result<Void, TeredoError> { () throws(TeredoError) in try registration.cancel() }
                let when = hasLeft.withLock { $0 } ? "after" : "before"
                outcomes.append("\(when) \(result)")
            }
        }
        // Enough time for a cancel that returns without waiting, which would be a fault.
        usleep(50_000)
        #expect(outcomes.all.isEmpty)
        mayLeave.withLock { $0 = true }
        for thread in threads { thread.join() }
        #expect(
            Set(outcomes.all) == [
                "after success()", "after failure(\(TeredoError.invalidHandle))",
            ])
        withExtendedLifetime(client) {}
    }
}
