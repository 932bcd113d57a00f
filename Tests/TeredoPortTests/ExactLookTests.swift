// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TeredoProtocol
import TestSupport
import Testing

@testable import TeredoPort

@Suite(.enabledAsRoot)
struct ExactLookTests {
    @Test func `a socket that the kernel also returns in place of a closed one is listed once`() throws {
        let namespace = try NetworkNamespace.forTest()
        let table = try namespace.run { try SocketTable() }
        let client = try TestSocket(in: namespace, uid: 4800)
        let present = try #require(try table.sockets(ofUser: 4800).first)
        // A socket of the last look that has been closed: for its address and port, the kernel returns the socket on
        // all addresses.
        let closed = UDPSocket(
            address: IPv4Address(192, 0, 2, 1), port: client.port, uid: 4800, inode: present.inode &- 1)
        let look = ExactLook(in: table, uid: 4800, cgroup: 0)
        for known in [[closed, present], [present, closed]] {
            guard case .found(let found, isMissing: false) = try look.sockets(among: known, and: []) else {
                Issue.record("the known sockets are in doubt or missing")
                continue
            }
            #expect(found == [present])
        }
        withExtendedLifetime(client) {}
    }
}
