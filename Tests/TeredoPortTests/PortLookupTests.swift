// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TestSupport
import Testing

@testable import TeredoPort

@Suite(.enabledAsRoot)
struct PortLookupTests {
    @Test func `the port is that of the oldest socket, then that of the next one`() async throws {
        let namespace = try NetworkNamespace.forTest()
        let uid: UInt32 = 4713
        let lookup = PortLookup(of: TeredoClient(owner: .uid(uid)))
        func port() throws -> UInt16 { try namespace.run { try lookup.port() } }

        #expect(throws: TeredoError.notReady) { try port() }
        var client: TestSocket? = try TestSocket(in: namespace, uid: uid)
        let first = try #require(client?.port)
        #expect(try port() == first)
        let second = try TestSocket(in: namespace, uid: uid)
        #expect(try port() == first)
        client = nil
        // A child process that another test is starting holds a copy of a closed socket until its exec.
        try await eventually("the port of the socket that is left", within: .seconds(20)) {
            try port() == second.port
        }
        withExtendedLifetime((client, second)) {}
        #expect(try namespace.run { try lookup.ports() } == [second.port])
    }

    @Test func `every network namespace has its own port`() throws {
        let uid = try #require(try Users.uid(named: Teredo.defaultUser))
        let namespaces = try (0..<3).map { _ in try NetworkNamespace.forTest() }
        let clients = try namespaces.dropLast().map { try TestSocket(in: $0, uid: uid) }
        let records = namespaces.map { _ in Record<[UInt16]>() }
        let registrations = try zip(namespaces, records).map { namespace, record in
            try namespace.run { try Teredo.notifyAllPorts { record.append($0) } }
        }
        #expect(records.map(\.all) == [[[clients[0].port]], [[clients[1].port]], [[]]])
        for (namespace, client) in zip(namespaces, clients) {
            #expect(try namespace.run { try Teredo.port() } == client.port)
        }
        #expect(throws: TeredoError.notReady) { try namespaces[2].run { try Teredo.port() } }
        for registration in registrations { try registration.cancel() }
    }

    @Test func `the same port of another user is not the client's`() async throws {
        let namespace = try NetworkNamespace.forTest()
        let lookup = PortLookup(of: TeredoClient(owner: .uid(4714)))
        var client: TestSocket? = try TestSocket(in: namespace, uid: 4714, port: 40123)
        #expect(try namespace.run { try lookup.port() } == 40123)
        withExtendedLifetime(client) {}
        client = nil
        // A child process that another test is starting holds a copy of a closed socket until its exec.
        let stranger = try await eventually("the port is free", within: .seconds(20)) {
            do { return try TestSocket(in: namespace, uid: 4715, port: 40123) } catch let error as SystemError
                where error.code == EADDRINUSE
            { return nil }
        }
        #expect(throws: TeredoError.notReady) { try namespace.run { try lookup.port() } }
        withExtendedLifetime(stranger) {}
    }

    @Test func `the sequence reports each change`() async throws {
        let namespace = try NetworkNamespace.forTest()
        let observer = PortObserver(of: TeredoClient(owner: .uid(4716)), dispatcher: Dispatcher())
        let changes = try namespace.run { try TeredoPortChanges(of: observer, initial: false) }
        var iterator = changes.makeAsyncIterator()
        var client: TestSocket? = try TestSocket(in: namespace, uid: 4716)
        let port = try #require(client?.port)
        observer.rescan()
        #expect(await iterator.next() == .started(port))
        withExtendedLifetime(client) {}
        client = nil
        #expect(await iterator.next() == .stopped(lastPort: port))
    }
}

@Suite struct PortHintTests {
    @Test(.enabledAsRoot)
    func `a hint leads only to the client's own socket`() throws {
        let namespace = try NetworkNamespace.forTest()
        try namespace.command("ip", ["link", "set", "lo", "up"])
        // Teredo addresses contain the port with all bits inverted: here 40000 and 40001.
        for invertedPort in ["63bf", "63be"] {
            try namespace.command(
                "ip", ["addr", "add", "2001:0:505:501:0:\(invertedPort):f9f9:f9fd/128", "dev", "lo"])
        }
        let lookup = PortLookup(of: TeredoClient(owner: .uid(4717)))
        let stranger = try TestSocket(in: namespace, uid: 4718, port: 40000)
        #expect(throws: TeredoError.notReady) { try namespace.run { try lookup.port() } }
        let service = try TestSocket(in: namespace, uid: 4717, port: 40001)
        #expect(try namespace.run { try lookup.port() } == 40001)
        // A NAT has changed this client's port in the addresses, so that no hint leads to its socket.
        let behindNAT = try TestSocket(in: namespace, uid: 4719, port: 50000)
        let other = PortLookup(of: TeredoClient(owner: .uid(4719)))
        #expect(try namespace.run { try other.port() } == 50000)
        withExtendedLifetime((stranger, service, behindNAT)) {}
    }
}
