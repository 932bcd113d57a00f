// SPDX-License-Identifier: GPL-2.0-or-later
import CLinux
import CSupport
import TeredoProtocol
import TestSupport
import Testing

@testable import Platform

/// Tests the kernel's reports of binds. The eBPF programs are attached to the root of the cgroup tree, so
/// they run at the binds of all processes of the host, including other tests. Those use other network
/// namespaces or users. The users 4800 to 4802 need no entry in the user database.
@Suite(.enabledAsRoot)
struct BindEventsTests {
    private let namespace: NetworkNamespace
    private let events: BindEvents
    private let loopback = IPv4Address(127, 0, 0, 1)

    init() throws {
        let namespace = try NetworkNamespace.forTest()
        self.namespace = namespace
        try namespace.command("ip", ["link", "set", "lo", "up"])
        events = try namespace.run { try BindEvents() }
    }

    @Test func `a bind of the chosen user is reported with its address and port`() throws {
        try events.choose(user: 4800, ports: [])
        let first = try TestSocket(in: namespace, uid: 4800)
        let second = try TestSocket(in: namespace, uid: 4800, address: loopback, port: 40000)
        #expect(try hasNews(within: .seconds(10)))
        #expect(
            events.take().binds == [
                Bind(address: .wildcard, port: first.port, uid: 4800),
                Bind(address: loopback, port: 40000, uid: 4800),
            ])
        #expect(try !hasNews())
        withExtendedLifetime((first, second)) {}
    }

    @Test func `without a chosen user, binds are reported only for the chosen ports, with IPv6 too`() throws {
        try events.choose(user: nil, ports: [40001, 40002])
        let sockets = try [40000, 40001, 40003, 40002].map {
            try TestSocket(in: namespace, uid: 4801, port: $0)
        }
        let ipv6 = try namespace.run { () throws(SystemError) -> Descriptor in
            var number: CInt = -1
            try checkStatus("bind") { csupport_udp6_bind(4802, 40002, &number) }
            return Descriptor(owning: number)
        }
        #expect(
            events.take().binds == [
                Bind(address: .wildcard, port: 40001, uid: 4801),
                Bind(address: .wildcard, port: 40002, uid: 4801),
                Bind(address: nil, port: 40002, uid: 4802),
            ])
        withExtendedLifetime(sockets) {}
        // Keeps the socket open until here.
        _ = ipv6.rawValue
    }

    @Test func `the first 16 chosen ports are watched, a further one is not`() throws {
        // One more than permitted.
        let ports = (0...BindEvents.mostPorts).map { UInt16(41000 + $0) }
        try events.choose(user: nil, ports: ports)
        let sockets = try ports.map { try TestSocket(in: namespace, uid: 4801, port: $0) }
        #expect(events.take().binds.map(\.port) == Array(ports.dropLast()))
        withExtendedLifetime(sockets) {}
    }

    @Test func `binds in other network namespaces are not reported`() throws {
        let other = try NetworkNamespace.forTest()
        let otherEvents = try other.run { try BindEvents() }
        for events in [events, otherEvents] { try events.choose(user: 4800, ports: []) }
        let here = try TestSocket(in: namespace, uid: 4800)
        let there = try TestSocket(in: other, uid: 4800)
        #expect(events.take().binds.map(\.port) == [here.port])
        #expect(otherEvents.take().binds.map(\.port) == [there.port])
    }

    @Test func `ten thousand binds of other users cause no event`() throws {
        // A port outside the range from which the kernel chooses ports for these binds.
        try events.choose(user: 4800, ports: [2000])
        try churn(uid: 4801, count: 5000)
        try churn(uid: 4801, count: 5000, ipv6: true)
        #expect(try !hasNews())
        #expect(events.take() == ([], false))
    }

    @Test func `without a reader all binds succeed, and the loss of events is reported`() throws {
        try events.choose(user: 4800, ports: [40000])
        try churn(uid: 4800, count: 2000)
        try churn(uid: 4800, count: 2000, ipv6: true)
        try churn(uid: 4801, count: 2000)
        let socketOnPort = try TestSocket(in: namespace, uid: 4802, port: 40000)
        let (binds, mayHaveLost) = events.take()
        // A ring buffer of 4 KiB has room for 102 records.
        #expect(binds.count > 50)
        #expect(mayHaveLost)
        // Once all records are taken, there is room in the ring buffer, so the next bind is reported.
        while !events.take().binds.isEmpty {}
        let next = try TestSocket(in: namespace, uid: 4800)
        #expect(try hasNews(within: .seconds(10)))
        #expect(events.take().binds.map(\.port) == [next.port])
        withExtendedLifetime(socketOnPort) {}
    }

    @Test func `a new choice replaces the previous one`() throws {
        try events.choose(user: 4800, ports: [40000])
        try events.choose(user: 4801, ports: [])
        try churn(uid: 4800, count: 10)
        _ = try TestSocket(in: namespace, uid: 4802, port: 40000)
        let chosen = try TestSocket(in: namespace, uid: 4801)
        #expect(events.take().binds.map(\.port) == [chosen.port])
        try events.choose(user: nil, ports: [])
        try churn(uid: 4801, count: 10)
        #expect(events.take().binds.isEmpty)
    }

    @Test func `the programs are detached with the last reference`() async throws {
        var temporary: BindEvents? = try namespace.run { try BindEvents() }
        let objects = try #require(
            try temporary.map { events in
                try BPFObjects(descriptors: [
                    events.ring.rawValue, events.choice.rawValue, events.ipv4.rawValue, events.ipv6.rawValue,
                ])
            })
        // Two links and programs, for IPv4 and IPv6; two maps: the ring buffer and the choice.
        #expect(objects.counts == [2, 2, 2], "\(objects)")
        #expect(try objects.present == objects)
        temporary = nil
        try await eventually("the end of the programs, links and maps", seen: { "\(try objects.present)" }) {
            try objects.present.isEmpty
        }
    }

    @Test func `without CAP_BPF the error is an obstacle to reports of binds`() throws {
        #expect(throws: BindEvents.Obstacle.self) {
            try namespace.run {
                try checkStatus("give up privileges") { csupport_keep_network_administration() }
                _ = try BindEvents()
            }
        }
    }

    private func hasNews(within limit: Duration = .zero) throws -> Bool {
        try waitForEvents(from: [events], until: .now + limit) == [true]
    }

    /// Binds and closes `count` sockets of the user, one after the other.
    private func churn(uid: UInt32, count: UInt32, ipv6: Bool = false) throws {
        try namespace.run { () throws(SystemError) in
            try checkStatus("bind \(count) sockets") { csupport_udp_churn(uid, count, ipv6 ? 1 : 0) }
        }
    }
}

@Suite struct ControlGroupsTests {
    /// Texts in the form of /proc/self/mountinfo, and the mount points to find.
    @Test(arguments: [
        ("24 1 0:21 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate", ["/sys/fs/cgroup"]),
        // Beside cgroup v1.
        (
            """
            30 23 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
            31 30 0:27 / /sys/fs/cgroup/unified rw shared:10 master:2 - cgroup2 cgroup2 rw
            32 30 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
            """, ["/sys/fs/cgroup/unified"]
        ),
        // A space and a backslash, which the kernel writes in octal.
        (#"24 1 0:21 / /a\040b\134c rw - cgroup2 none rw"#, [#"/a b\c"#]),
        // Only a part of the tree, as in a container.
        ("24 1 0:21 /docker/1 /sys/fs/cgroup ro - cgroup2 cgroup2 rw", []),
        // Another file system, and lines without some of the fields.
        ("24 1 0:21 / /sys - sysfs sysfs rw", []),
        ("24 1 0:21 / /sys/fs/cgroup rw -", []),
        ("- cgroup2\ncgroup2 -", []),
        ("", []),
    ])
    func `the mount points of the whole cgroup v2 tree are found`(_ mounts: String, _ expected: [String]) {
        #expect(ControlGroups.mountPoints(in: mounts) == expected)
    }
}

/// Tests the parser of the ring buffer with valid and invalid contents.
@Suite struct BindRecordTests {
    private static let size = 4096

    /// Parses a ring buffer, mapped twice in succession, that has records with these headers from position
    /// `begin` on. A header is the length of the record's content, which must be 32; bit 31 marks an unfinished
    /// record, bit 30 a discarded one. A record with its header takes 40 bytes. `end` is the position up to which
    /// the kernel has written, by default the end of these records.
    ///
    /// - Returns: The status of the parser, the number of binds that it read, and the number of bytes that it passed.
    private func parse(
        _ headers: [UInt32], at begin: UInt64 = 0, end: UInt64? = nil, capacity: Int = 128
    ) -> (status: CInt, count: Int, passed: UInt64) {
        let record = Int(CLINUX_BIND_RECORD)
        var ring = [UInt8](repeating: 0, count: 2 * Self.size)
        for (index, header) in headers.enumerated() {
            withUnsafeBytes(of: header) { bytes in
                for (offset, byte) in bytes.enumerated() {
                    let place = (Int(begin) + index * record + offset) % Self.size
                    ring[place] = byte
                    ring[place + Self.size] = byte
                }
            }
        }
        var position = begin
        var count = 0
        var binds = [clinux_bind](repeating: clinux_bind(), count: capacity)
        let status = clinux_bind_parse(
            ring, Self.size, &position, end ?? begin + UInt64(headers.count * record), &binds, capacity,
            &count)
        return (status, count, position - begin)
    }

    @Test func `records are read up to the end, across the end of the ring too`() {
        #expect(parse([32, 32, 32]) == (0, 3, 120))
        // The second record begins 16 bytes before the end of the ring.
        #expect(parse([32, 32, 32], at: 4096 - 56) == (0, 3, 120))
        // A position after many rounds of the ring, and room for fewer binds than there are.
        #expect(parse([32, 32, 32], at: 1 << 40) == (0, 3, 120))
        #expect(parse([32, 32, 32], capacity: 2) == (0, 2, 80))
        #expect(parse([]) == (0, 0, 0))
    }

    @Test func `an unfinished record ends the reading, a discarded one is skipped`() {
        #expect(parse([32, 32 | 1 << 31, 32]) == (0, 1, 40))
        #expect(parse([32, 32 | 1 << 30, 32]) == (0, 2, 120))
    }

    @Test func `wrong lengths and positions are refused`() {
        let malformed: CInt = -74  // -EBADMSG
        #expect(parse([32, 40, 32]) == (malformed, 1, 40))
        #expect(parse([0]) == (malformed, 0, 0))
        #expect(parse([0x3FFF_FFFF]) == (malformed, 0, 0))
        // The record is longer than what the kernel has written.
        #expect(parse([32], end: 16) == (malformed, 0, 0))
        // Less than a header is not read.
        #expect(parse([32], end: 4) == (0, 0, 0))
        // An end before the position, and one more than the whole ring after it.
        #expect(parse([32], at: 100, end: 99).status == malformed)
        #expect(parse([32], end: 4097).status == malformed)
    }
}
