// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Platform
import TestSupport
import Testing

@testable import TeredoPort

/// Tests a client that is restricted to one systemd unit.
@Suite(.enabledAsRoot)
struct ClientUnitTests {
    /// The ports of a client in one of these cgroups, while this process has a socket of the client's user at port
    /// 40 000.
    private func ports(cgroups: [String]) throws -> [UInt16] {
        var client = TeredoClient(owner: .uid(4711))
        client.cgroups = cgroups
        let lookup = PortLookup(of: client)
        let namespace = try NetworkNamespace.forTest()
        let socket = try TestSocket(in: namespace, uid: 4711, port: 40_000)
        return try withExtendedLifetime(socket) { try namespace.run { try lookup.ports() } }
    }

    /// The directories of this process's cgroups of version 2 (hierarchy 0), alone or beside version 1.
    private func ownCgroups() throws -> [String] {
        let text = String(decoding: try Files.contents(of: "/proc/self/cgroup"), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("0::") })
        return ["", "/unified"].map { "/sys/fs/cgroup\($0)\(line.dropFirst(3))" }
    }

    @Test func `a socket of a process in the client's cgroup is the client's`() throws {
        // Reversed, so that with version 2 alone the first directory does not exist and the second one is used.
        #expect(try ports(cgroups: ownCgroups().reversed()) == [40_000])
    }

    @Test func `a client whose cgroup does not exist has no port`() throws {
        #expect(try ports(cgroups: ["/sys/fs/cgroup/nonexistent.slice"]) == [])
    }

    @Test func `a unit is looked for in the system slice, with version 2 alone and beside version 1`() throws
    {
        #expect(
            try TeredoClient(user: "miredo", unit: "miredo.service").cgroups == [
                "/sys/fs/cgroup/system.slice/miredo.service",
                "/sys/fs/cgroup/unified/system.slice/miredo.service",
            ])
        #expect(try TeredoClient(user: "miredo").cgroups.isEmpty)
    }

    @Test(arguments: [("", ""), ("miredo", "../miredo.service"), ("miredo", ".."), ("miredo", "a/b.service")])
    func `an invalid user or unit is refused`(user: String, unit: String) {
        #expect(throws: TeredoError.invalidParameter) { try TeredoClient(user: user, unit: unit) }
    }

    @Test func `a user without a name is known by number`() throws {
        #expect(try TeredoClient(user: "4000000001").uid() == 4_000_000_001)
    }
}
