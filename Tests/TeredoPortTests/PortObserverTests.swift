// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TeredoProtocol
import TestSupport
import Testing

@testable import TeredoPort

/// A client played by sockets of a user, in a network namespace of its own, with the events of one
/// registration.
private struct Stage {
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
        let stage = try Stage()
        let registration = try stage.follow()
        let tunnel = try TestTunnel(in: stage.namespace)
        var client: TestSocket? = try stage.socket()
        let first = try #require(client?.port)
        #expect(stage.events.wait(count: 1) == [.started(first)])

        let second = try stage.socket()
        client = nil
        #expect(stage.events.wait(count: 2).last == .changed(second.port))
        _ = withExtendedLifetime(second) { stage.events.all }
        withExtendedLifetime((tunnel, client)) {}
        try registration.cancel()
    }

    @Test func `the end of the only socket is a stop with the port it had`() throws {
        let stage = try Stage()
        var client: TestSocket? = try stage.socket()
        let port = try #require(client?.port)
        let registration = try stage.follow()
        client = nil
        #expect(stage.events.wait(count: 1) == [.stopped(lastPort: port)])
        try registration.cancel()
    }

    @Test func `the confirmation comes once, before registering returns`() throws {
        let stage = try Stage()
        let registration = try stage.follow(initial: true)
        #expect(stage.events.all == [.initial])
        let client = try stage.socket()
        stage.observer.rescan()
        #expect(stage.events.wait(count: 2) == [.initial, .started(client.port)])
        try registration.cancel()
    }

    @Test func `without a request there is no initial notification`() throws {
        let stage = try Stage()
        let client = try stage.socket()
        let registration = try stage.follow()
        #expect(registration.initialPort == client.port)
        let other = try stage.socket()
        stage.observer.rescan()
        let ports = Record<[UInt16]>()
        let all = try stage.namespace.run { try stage.observer.followAll { ports.append($0) } }
        #expect(ports.wait { $0.last?.count == 2 }.last == [client.port, other.port].sorted())
        #expect(stage.events.all.isEmpty)
        try all.cancel()
        try registration.cancel()
    }

    @Test func `the set of ports is reported at once and after every change`() throws {
        let stage = try Stage()
        var first: TestSocket? = try stage.socket()
        let firstPort = try #require(first?.port)
        let ports = Record<[UInt16]>()
        let registration = try stage.namespace.run { try stage.observer.followAll { ports.append($0) } }
        #expect(ports.all == [[firstPort]])
        let second = try stage.socket()
        stage.observer.rescan()
        #expect(ports.wait(count: 2).last == [firstPort, second.port].sorted())
        first = nil
        #expect(ports.wait(count: 3).last == [second.port])
        withExtendedLifetime(first) {}
        try registration.cancel()
    }

    @Test func `other users, other namespaces and connected sockets are not the client`() throws {
        let stage = try Stage()
        try stage.namespace.command("ip", ["link", "set", "lo", "up"])
        let elsewhere = try NetworkNamespace.forTest()
        let loopback = IPv4Address(bits: 0x7F00_0001)
        let others = [
            try TestSocket(in: stage.namespace, uid: stage.uid + 1),
            try TestSocket(in: elsewhere, uid: stage.uid),
            try TestSocket(in: stage.namespace, uid: stage.uid, connectedTo: (loopback, 53)),
            try TestSocket(in: stage.namespace, uid: stage.uid, address: loopback, port: 3544),
        ]
        let ports = Record<[UInt16]>()
        let registration = try stage.namespace.run { try stage.observer.followAll { ports.append($0) } }
        let bound = try TestSocket(in: stage.namespace, uid: stage.uid, address: loopback)
        stage.observer.rescan()
        #expect(ports.wait(count: 2) == [[], [bound.port]])
        withExtendedLifetime(others) {}
        try registration.cancel()
    }

    @Test func `3544 is the service port of a client that has no other`() throws {
        let stage = try Stage()
        var service: TestSocket? = try stage.socket()
        let port = try #require(service?.port)
        let discovery = try stage.socket(port: 3544)
        let registration = try stage.follow()
        #expect(registration.initialPort == port)
        service = nil
        #expect(stage.events.wait(count: 1) == [.stopped(lastPort: port)])
        withExtendedLifetime(service) {}
        try registration.cancel()
        defer { withExtendedLifetime(discovery) {} }

        #expect(try stage.follow().initialPort == nil)
        // An observer that did not see both sockets at the same time cannot know which one is for discovery.
        let stranger = PortObserver(of: TeredoClient(owner: .uid(stage.uid)), dispatcher: Dispatcher())
        #expect(try stage.namespace.run { try stranger.follow(initial: false) { _ in } }.initialPort == 3544)
    }

    @Test func `a slow callback gets the newest state only`() throws {
        let stage = try Stage()
        let gate = Monitor(false)
        let observer = stage.observer
        let events = stage.events
        let registration = try stage.namespace.run {
            try observer.follow(initial: false) { event in
                events.append(event)
                gate.wait { $0 ? () : nil }
            }
        }
        var client: TestSocket? = try stage.socket()
        let first = try #require(client?.port)
        observer.rescan()
        #expect(events.wait(count: 1) == [.started(first)])
        for _ in 0..<20 { client = try stage.socket() }
        let last = try #require(client?.port)
        let seen = Record<[UInt16]>()
        // Waits until another observer has seen the last state; the slow callback gets it afterwards.
        let witness = PortObserver(of: TeredoClient(owner: .uid(stage.uid)), dispatcher: Dispatcher())
        let watching = try stage.namespace.run { try witness.followAll { seen.append($0) } }
        #expect(seen.wait { $0.last == [last] }.last == [last])
        gate.withLock { $0 = true }
        let reported = events.wait { $0.last == .changed(last) }
        #expect(reported.last == .changed(last))
        #expect(reported.count < 20)
        withExtendedLifetime(client) {}
        try watching.cancel()
        try registration.cancel()
    }

    @Test func `a client that stops at once and one that starts later are reported to all registrations`()
        throws
    {
        let stage = try Stage()
        let records = (0..<10).map { _ in Record<TeredoPortEvent>() }
        let observer = stage.observer
        let registrations = try records.map { record in
            try stage.namespace.run { try observer.follow(initial: false) { record.append($0) } }
        }
        let client = try stage.socket()
        observer.rescan()
        for record in records { #expect(record.wait(count: 1) == [.started(client.port)]) }
        for registration in registrations { try registration.cancel() }
    }
}
