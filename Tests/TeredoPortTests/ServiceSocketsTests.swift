// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TeredoProtocol
import Testing

@testable import TeredoPort

@Suite struct ServiceSocketsTests {
    private static let loopback = IPv4Address(127, 0, 0, 1)

    private func socket(
        _ port: UInt16, inode: UInt32, address: IPv4Address = .wildcard, hasNoPeer: Bool = true
    ) -> UDPSocket {
        UDPSocket(address: address, port: port, hasNoPeer: hasNoPeer, uid: 102, inode: inode)
    }

    @Test func `a single unconnected socket is the service socket, whatever address it is bound to`() {
        #expect(ServiceSockets(among: [socket(41674, inode: 1)]).ports == [41674])
        #expect(ServiceSockets(among: [socket(45610, inode: 1, address: Self.loopback)]).ports == [45610])
    }

    @Test func `connected sockets are not service sockets`() {
        let sockets = [socket(47507, inode: 2, hasNoPeer: false), socket(41674, inode: 1)]
        #expect(ServiceSockets(among: sockets).ports == [41674])
    }

    @Test func `port 3544 beside another socket is for discovery`() {
        let sockets = [socket(3544, inode: 2), socket(52571, inode: 1)]
        #expect(ServiceSockets(among: sockets).ports == [52571])
    }

    @Test func `port 3544 alone is the service port when bound to the wildcard address`() {
        #expect(ServiceSockets(among: [socket(3544, inode: 1)]).ports == [3544])
    }

    @Test func `port 3544 bound to single addresses belongs to a server`() {
        let sockets = [
            socket(3544, inode: 1, address: Self.loopback),
            socket(3544, inode: 2, address: IPv4Address(5, 5, 5, 1)),
        ]
        #expect(ServiceSockets(among: sockets).ports.isEmpty)
        #expect(ServiceSockets(among: sockets + [socket(40000, inode: 3)]).ports == [40000])
        #expect(ServiceSockets(among: sockets + [socket(3544, inode: 3)]).ports == [3544])
    }

    @Test func `a discovery socket that outlives the service socket does not become a service socket`() {
        let both = ServiceSockets(among: [socket(52571, inode: 1), socket(3544, inode: 2)])
        let rest = ServiceSockets(among: [socket(3544, inode: 2)], after: both)
        #expect(rest.ports.isEmpty)
        #expect(ServiceSockets(among: [socket(3544, inode: 2)], after: rest).ports.isEmpty)
        #expect(ServiceSockets(among: [socket(3544, inode: 3)], after: rest).ports == [3544])
    }

    @Test func `the main socket is the previous one if it still exists, otherwise the oldest`() {
        let first = socket(50000, inode: 7)
        let second = socket(40000, inode: 9)
        let both = ServiceSockets(among: [second, first])
        #expect(both.ports == [40000, 50000])
        #expect(both.main(after: nil) == first)
        #expect(both.main(after: second) == second)
        #expect(ServiceSockets(among: [second]).main(after: first) == second)
    }

    @Test func `a new socket with the port of the previous main socket is the main one`() {
        let renewed = socket(3545, inode: 12)
        let sockets = ServiceSockets(among: [socket(40000, inode: 9), renewed])
        #expect(sockets.main(after: socket(3545, inode: 4)) == renewed)
    }
}
