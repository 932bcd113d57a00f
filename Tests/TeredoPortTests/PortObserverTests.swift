// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TeredoProtocol
import TestSupport
import Testing

@testable import TeredoPort

/// A network namespace in which sockets of a user stand for the client's, an observer of that client, and the
/// events of one registration.
private struct Fixture {
    let namespace: NetworkNamespace
    let observer: PortObserver
    let events = Record<TeredoPortEvent>()
    let uid: UInt32 = 4711

    init() throws {
        namespace = try NetworkNamespace.forTest()
        observer = PortObserver(of: TeredoClient(owner: .uid(uid)), dispatcher: Dispatcher())
    }

    func follow(initial: Bool = false) throws -> TeredoRegistration {
        try namespace.run { try observer.follow(initial: initial) { events.append($0) } }
    }

    func socket(port: UInt16 = 0) throws -> TestSocket { try TestSocket(in: namespace, uid: uid, port: port) }
}

@Suite(.enabledAsRoot)
struct PortObserverTests {
    @Test func `start, change and stop are reported`() throws {
        let fixture = try Fixture()
        let registration = try fixture.follow()
        let tunnel = try TestTunnel(in: fixture.namespace)
        var client: TestSocket? = try fixture.socket()
        let first = try #require(client?.port)
        #expect(fixture.events.wait(count: 1) == [.started(first)])

        let second = try fixture.socket()
        client = nil
        #expect(fixture.events.wait(count: 2).last == .changed(second.port))
        withExtendedLifetime((tunnel, client, second)) {}
        try registration.cancel()
    }

    @Test func `the end of the only socket is a stop with the port it had`() throws {
        let fixture = try Fixture()
        var client: TestSocket? = try fixture.socket()
        let port = try #require(client?.port)
        let registration = try fixture.follow()
        client = nil
        #expect(fixture.events.wait(count: 1) == [.stopped(lastPort: port)])
        try registration.cancel()
    }

    @Test func `the initial notification comes once, before the registration returns`() throws {
        let fixture = try Fixture()
        let registration = try fixture.follow(initial: true)
        #expect(fixture.events.all == [.initial])
        let client = try fixture.socket()
        fixture.observer.rescan()
        #expect(fixture.events.wait(count: 2) == [.initial, .started(client.port)])
        try registration.cancel()
    }

    @Test func `unless requested, there is no initial notification`() throws {
        let fixture = try Fixture()
        let client = try fixture.socket()
        let registration = try fixture.follow()
        #expect(registration.initialPort == client.port)
        let other = try fixture.socket()
        fixture.observer.rescan()
        let ports = Record<[UInt16]>()
        let all = try fixture.namespace.run { try fixture.observer.followAll { ports.append($0) } }
        #expect(ports.wait { $0.last?.count == 2 }.last == [client.port, other.port].sorted())
        #expect(fixture.events.all.isEmpty)
        try all.cancel()
        try registration.cancel()
    }

    @Test func `all ports are reported at once and after every change`() throws {
        let fixture = try Fixture()
        var first: TestSocket? = try fixture.socket()
        let firstPort = try #require(first?.port)
        let ports = Record<[UInt16]>()
        let registration = try fixture.namespace.run { try fixture.observer.followAll { ports.append($0) } }
        #expect(ports.all == [[firstPort]])
        let second = try fixture.socket()
        fixture.observer.rescan()
        #expect(ports.wait(count: 2).last == [firstPort, second.port].sorted())
        first = nil
        #expect(ports.wait(count: 3).last == [second.port])
        withExtendedLifetime(first) {}
        try registration.cancel()
    }

    @Test func `other users, other namespaces and connected sockets are not the client`() throws {
        let fixture = try Fixture()
        try fixture.namespace.command("ip", ["link", "set", "lo", "up"])
        let elsewhere = try NetworkNamespace.forTest()
        let loopback = IPv4Address(127, 0, 0, 1)
        let others = [
            try TestSocket(in: fixture.namespace, uid: fixture.uid + 1),
            try TestSocket(in: elsewhere, uid: fixture.uid),
            try TestSocket(in: fixture.namespace, uid: fixture.uid, connectedTo: (loopback, 53)),
            // A socket of local discovery beside the service socket.
            try TestSocket(in: fixture.namespace, uid: fixture.uid, address: loopback, port: 3544),
        ]
        let ports = Record<[UInt16]>()
        let registration = try fixture.namespace.run { try fixture.observer.followAll { ports.append($0) } }
        let bound = try TestSocket(in: fixture.namespace, uid: fixture.uid, address: loopback)
        fixture.observer.rescan()
        #expect(ports.wait(count: 2) == [[], [bound.port]])
        withExtendedLifetime(others) {}
        try registration.cancel()
    }

    @Test func `3544 is the service port only of a client that was not seen with another port`() throws {
        let fixture = try Fixture()
        var service: TestSocket? = try fixture.socket()
        let port = try #require(service?.port)
        let discovery = try fixture.socket(port: 3544)
        let registration = try fixture.follow()
        #expect(registration.initialPort == port)
        service = nil
        #expect(fixture.events.wait(count: 1) == [.stopped(lastPort: port)])
        withExtendedLifetime(service) {}
        try registration.cancel()
        defer { withExtendedLifetime(discovery) {} }

        #expect(try fixture.follow().initialPort == nil)
        // An observer that did not see both sockets at the same time cannot know which one is for discovery.
        let lateObserver = PortObserver(of: TeredoClient(owner: .uid(fixture.uid)), dispatcher: Dispatcher())
        let late = try fixture.namespace.run { try lateObserver.follow(initial: false) { _ in } }
        #expect(late.initialPort == 3544)
    }

    @Test func `a slow callback misses states in between, but not the newest`() throws {
        let fixture = try Fixture()
        let gate = Monitor(false)
        let observer = fixture.observer
        let events = fixture.events
        let registration = try fixture.namespace.run {
            try observer.follow(initial: false) { event in
                events.append(event)
                gate.wait { $0 ? () : nil }
            }
        }
        var client: TestSocket? = try fixture.socket()
        let first = try #require(client?.port)
        observer.rescan()
        #expect(events.wait(count: 1) == [.started(first)])
        for _ in 0..<20 { client = try fixture.socket() }
        let last = try #require(client?.port)
        let witnessed = Record<[UInt16]>()
        // Waits until another observer has seen the last state; the slow callback gets it afterwards.
        let witness = PortObserver(of: TeredoClient(owner: .uid(fixture.uid)), dispatcher: Dispatcher())
        let watching = try fixture.namespace.run { try witness.followAll { witnessed.append($0) } }
        #expect(witnessed.wait { $0.last == [last] }.last == [last])
        gate.withLock { $0 = true }
        let reported = events.wait { $0.last == .changed(last) }
        #expect(reported.last == .changed(last))
        // Fewer than there were changes.
        #expect(reported.count < 20)
        withExtendedLifetime(client) {}
        try watching.cancel()
        try registration.cancel()
    }

    @Test func `the start of a client is reported to all registrations`() throws {
        let fixture = try Fixture()
        let records = (0..<10).map { _ in Record<TeredoPortEvent>() }
        let observer = fixture.observer
        let registrations = try records.map { record in
            try fixture.namespace.run { try observer.follow(initial: false) { record.append($0) } }
        }
        let client = try fixture.socket()
        observer.rescan()
        for record in records { #expect(record.wait(count: 1) == [.started(client.port)]) }
        for registration in registrations { try registration.cancel() }
    }
}
