// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TeredoProtocol
import TestSupport
import Testing

@Suite(.enabledAsRoot)
struct SocketTableTests {
    private let namespace: NetworkNamespace
    private let table: SocketTable

    init() throws {
        let namespace = try NetworkNamespace.forTest()
        self.namespace = namespace
        table = try namespace.run { try SocketTable() }
    }

    @Test func `an empty namespace has no sockets`() throws {
        #expect(try table.sockets(ofUser: 4800).isEmpty)
        #expect(try table.socket(at: .wildcard, port: 40000) == nil)
    }

    @Test func `a socket is listed with its owner and found by its port`() throws {
        let socket = try TestSocket(in: namespace, uid: 4800)
        let other = try TestSocket(in: namespace, uid: 4801)
        let listed = try #require(try table.sockets(ofUser: 4800).first)
        #expect(try table.sockets(ofUser: 4800).count == 1)
        #expect(listed.port == socket.port)
        #expect(listed.uid == 4800)
        #expect(listed.address == .wildcard)
        #expect(listed.hasNoPeer)
        #expect(listed.inode != 0)
        #expect(try table.socket(at: .wildcard, port: socket.port) == listed)
        #expect(try table.socket(at: .wildcard, port: other.port)?.uid == 4801)
    }

    @Test func `connected sockets are not listed`() throws {
        try namespace.command("ip", ["link", "set", "lo", "up"])
        let loopback = IPv4Address(127, 0, 0, 1)
        let connected = try TestSocket(in: namespace, uid: 4800, connectedTo: (loopback, 53))
        let bound = try TestSocket(in: namespace, uid: 4800, address: loopback)
        let listed = try table.sockets(ofUser: 4800)
        #expect(listed.map(\.port) == [bound.port])
        #expect(listed.first?.address == loopback)
        #expect(try table.socket(at: loopback, port: bound.port) == listed.first)
        withExtendedLifetime(connected) {}
    }

    @Test func `an answer of many datagrams is complete`() throws {
        // The kernel describes a socket in about 100 bytes, and answers with datagrams of at most 32 KiB.
        let sockets = try (0..<900).map { _ in try TestSocket(in: namespace, uid: 4800) }
        #expect(Set(try table.sockets(ofUser: 4800).map(\.port)) == Set(sockets.map(\.port)))
    }

    @Test func `a listing is complete while another user binds and closes sockets`() throws {
        let namespace = namespace
        let steady = try (0..<50).map { _ in try TestSocket(in: namespace, uid: 4800) }
        let isOver = Monitor(false)
        let churn = try WorkerThread(name: "churn") {
            while !isOver.withLock({ $0 }) { _ = try? TestSocket(in: namespace, uid: 4801) }
        }
        for _ in 0..<300 { #expect(try table.sockets(ofUser: 4800).count == steady.count) }
        isOver.withLock { $0 = true }
        churn.join()
    }

    /// When a socket is closed, the kernel removes it from its table and then clears its file and its owner. A
    /// lookup that found the socket just before may see it without an owner.
    @Test func `a socket is found with its owner or not at all while it is closed`() throws {
        let isOver = Monitor(false)
        let namespace = namespace
        let churn = try WorkerThread(name: "churn") {
            while !isOver.withLock({ $0 }) { _ = try? TestSocket(in: namespace, uid: 4800, port: 40000) }
        }
        var found = 0
        while found < 5000 {
            guard let socket = try table.socket(at: .wildcard, port: 40000) else { continue }
            found += 1
            #expect(socket.uid == 4800 && socket.inode != 0, "\(socket), found as number \(found)")
        }
        isOver.withLock { $0 = true }
        churn.join()
    }
}
