// SPDX-License-Identifier: GPL-2.0-or-later
import CLinux
import Glibc
import Testing

/// The sequence number of the request that the messages answer.
private let requestSequence: UInt32 = 7
/// States of UDP sockets: TCP_CLOSE for unconnected ones, and TCP_ESTABLISHED.
private let (unconnected, connected): (UInt8, UInt8) = (7, 1)

/// A netlink message in host byte order. `length` is the length in its header, if that is to be wrong.
private struct Message {
    var bytes: [UInt8] = []

    init(
        type: UInt16, sequence: UInt32 = requestSequence, flags: UInt16 = 0, payload: [UInt8],
        length: UInt32? = nil
    ) {
        append(length ?? UInt32(16 + payload.count))
        append(type)
        append(flags)
        append(sequence)
        append(UInt32(0))  // the port ID
        bytes += payload
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }
}

/// The 72 bytes of an answer about a socket (`struct inet_diag_msg`): port 41674, wildcard address.
private func answer(uid: UInt8, state: UInt8 = unconnected) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 72)
    bytes[0] = 2  // AF_INET
    bytes[1] = state
    (bytes[4], bytes[5]) = (0xA2, 0xCA)  // the port
    bytes[64] = uid
    bytes[68] = 99  // the inode
    return bytes
}

@Suite struct NetlinkParserTests {
    // Types of messages: SOCK_DIAG_BY_FAMILY, NLMSG_DONE, NLMSG_ERROR, RTM_NEWLINK and RTM_DELLINK.
    static let socket: UInt16 = 20
    static let done: UInt16 = 3
    static let error: UInt16 = 2
    static let newLink: UInt16 = 16
    static let removedLink: UInt16 = 17

    /// Parses an answer to a request for the sockets of user 42. The status is 1 when more datagrams follow, 0 at the
    /// end of the list, and -errno for an error.
    private func parse(
        _ bytes: [UInt8]
    ) -> (status: CInt, sockets: [clinux_udp_socket], isInconsistent: Bool) {
        var list = clinux_udp_list()
        let status = clinux_udp_parse(
            bytes, bytes.count, requestSequence, clinux_udp_query(cgroup: 0, uid: 42, port: 0, is_ipv6: 0),
            &list)
        defer { free(list.sockets) }
        let sockets = Array(UnsafeBufferPointer(start: list.sockets, count: list.count))
        return (status, sockets, list.is_inconsistent != 0)
    }

    @Test func `a socket is read field by field`() throws {
        let result = parse(Message(type: Self.socket, payload: answer(uid: 42)).bytes)
        let socket = try #require(result.sockets.first)
        #expect(result.status == 1)
        #expect(socket.local_port == 41674)
        #expect(socket.uid == 42)
        #expect(socket.inode == 99)
        #expect(socket.local_address == 0)
    }

    @Test func `sockets of other users and states, and answers to other requests, are skipped`() {
        let bytes =
            Message(type: Self.socket, payload: answer(uid: 41)).bytes
            + Message(type: Self.socket, payload: answer(uid: 42, state: connected)).bytes
            + Message(type: Self.socket, sequence: requestSequence - 1, payload: answer(uid: 42)).bytes
        let result = parse(bytes)
        #expect(result.status == 1)
        #expect(result.sockets.isEmpty)
    }

    @Test func `the status of a list is read from the message that ends it`() {
        #expect(parse(Message(type: Self.done, payload: [0, 0, 0, 0]).bytes).status == 0)
        #expect(parse(Message(type: Self.error, payload: [0xFE, 0xFF, 0xFF, 0xFF]).bytes).status == -ENOENT)
    }

    @Test func `a list that changed while it was read is inconsistent, even if only its end shows it`() {
        let interrupted: UInt16 = 0x10  // NLM_F_DUMP_INTR
        let end = Message(type: Self.done, flags: interrupted, payload: [0, 0, 0, 0])
        #expect(parse(end.bytes).isInconsistent)
    }

    /// Messages whose lengths are wrong, or whose content is too short or invalid.
    static let malformedAnswers: [[UInt8]] = [
        // Lengths below that of a header, and beyond the end of the 88 bytes; an answer without its last byte.
        Message(type: socket, payload: answer(uid: 42), length: 15).bytes,
        Message(type: socket, payload: answer(uid: 42), length: 89).bytes,
        Message(type: socket, payload: Array(answer(uid: 42).dropLast())).bytes,
        // Invalid attributes (INET_DIAG_CGROUP_ID): one with the length zero, and one longer than the message.
        Message(type: socket, payload: answer(uid: 42) + [0, 0, 21, 0]).bytes,
        Message(type: socket, payload: answer(uid: 42) + [12, 0, 21, 0, 1, 2, 3, 4]).bytes,
        Message(type: done, payload: [0, 0, 0]).bytes,
        Message(type: error, payload: [1, 0, 0, 0]).bytes,
    ]

    @Test(arguments: malformedAnswers)
    func `a malformed answer is refused`(bytes: [UInt8]) {
        #expect(parse(bytes).status == -EBADMSG)
    }

    /// Under AddressSanitizer (scripts/sanitize) the test also shows that no byte past the end is read.
    @Test func `an answer cut short at any byte is malformed or incomplete, never complete`() {
        let whole =
            Message(type: Self.socket, payload: answer(uid: 42) + [12, 0, 21, 0, 1, 2, 3, 4, 5, 6, 7, 8])
            .bytes
            + Message(type: Self.done, payload: [0, 0, 0, 0]).bytes
        for length in 0..<whole.count {
            let status = parse(Array(whole.prefix(length))).status
            #expect(status == 1 || status == -EBADMSG, "the first \(length) bytes: \(status)")
        }
        #expect(parse(whole).status == 0)
    }

    /// Invalid attributes: one with the length zero, one (IFLA_LINKINFO) that is too long, and one that contains
    /// an attribute that is too long.
    static let badAttributes: [[UInt8]] = [[0, 0, 0, 0], [8, 0, 18, 0], [8, 0, 18, 0, 9, 0, 1, 0]]

    @Test(arguments: badAttributes)
    func `link events with contradicting lengths are refused`(attributes: [UInt8]) {
        let link = [UInt8](repeating: 0, count: 16)
        let bytes = Message(type: Self.newLink, payload: link + attributes).bytes
        var offset = 0
        var event = clinux_link_event()
        #expect(clinux_link_event_parse(bytes, bytes.count, &offset, &event) == -EBADMSG)
    }

    @Test func `the kind of a device is compared as a whole`() {
        func isTunnel(_ kind: [UInt8]) -> Bool {
            // IFLA_INFO_KIND in IFLA_LINKINFO, after the fixed part of the message.
            let inner = [UInt8(4 + kind.count), 0, 1, 0] + kind
            let payload = [UInt8](repeating: 0, count: 16) + [UInt8(4 + inner.count), 0, 18, 0] + inner
            let bytes = Message(type: Self.newLink, payload: payload).bytes
            var offset = 0
            var event = clinux_link_event()
            return clinux_link_event_parse(bytes, bytes.count, &offset, &event) == 1 && event.is_tun == 1
        }
        #expect(isTunnel(Array("tun\0".utf8)))
        #expect(isTunnel(Array("tun".utf8)))
        #expect(!isTunnel(Array("tunl\0".utf8)))
        #expect(!isTunnel(Array("tu".utf8)))
    }

    @Test func `a removed interface is gone, one that has left a bridge is not`() {
        func isGone(family: UInt8) -> Bool {
            // `struct ifinfomsg` with the index 5.
            let link: [UInt8] = [family, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            let bytes = Message(type: Self.removedLink, payload: link).bytes
            var offset = 0
            var event = clinux_link_event()
            #expect(clinux_link_event_parse(bytes, bytes.count, &offset, &event) == 1)
            #expect(event.index == 5)
            return event.is_gone == 1
        }
        // AF_UNSPEC, the family in events of interfaces, and AF_BRIDGE, the family in events of the ports of bridges.
        #expect(isGone(family: 0))
        #expect(!isGone(family: 7))
    }

    /// The fixed part of a message about a route (`struct rtmsg`).
    private static let fixedRoute = [UInt8](repeating: 0, count: 12)
    /// The attribute RTA_OIF with the interface 3.
    private static let outgoing: [UInt8] = [8, 0, 4, 0, 3, 0, 0, 0]
    /// The attribute RTA_PREFSRC with 192.0.2.1.
    private static let source: [UInt8] = [8, 0, 7, 0, 192, 0, 2, 1]

    @Test func `the interface and the source address of a route are read`() {
        let bytes = Self.fixedRoute + Self.outgoing + Self.source
        var route = clinux_route()
        #expect(clinux_route_parse(bytes, bytes.count, &route) == 0)
        #expect(route.interface == 3 && route.source == 192 << 24 | 2 << 8 | 1)
    }

    static let incompleteRoutes: [[UInt8]] = [fixedRoute, fixedRoute + outgoing, fixedRoute + source]

    @Test(arguments: incompleteRoutes)
    func `a route without an interface or a source address counts as none`(bytes: [UInt8]) {
        var route = clinux_route()
        #expect(clinux_route_parse(bytes, bytes.count, &route) == -ENETUNREACH)
    }

    /// Messages without their whole fixed part, with RTA_OIF of two bytes, with RTA_PREFSRC of eight bytes, with
    /// RTA_PREFSRC cut short.
    static let badRoutes: [[UInt8]] = [
        [], Array(fixedRoute.dropLast()), fixedRoute + [6, 0, 4, 0, 3, 0, 0, 0] + source,
        fixedRoute + outgoing + [12, 0, 7, 0, 192, 0, 2, 1, 0, 0, 0, 0],
        fixedRoute + outgoing + [9, 0, 7, 0, 192, 0, 2, 1],
    ]

    @Test(arguments: badRoutes)
    func `a route with a part that is cut short or of the wrong size is malformed`(bytes: [UInt8]) {
        var route = clinux_route()
        #expect(clinux_route_parse(bytes, bytes.count, &route) == -EBADMSG)
    }

    /// The fixed part of a message: family, prefix length, flags, scope and index (`struct ifaddrmsg`).
    private static let fixed: [UInt8] = [2, 24, 0x80, 0, 3, 0, 0, 0]
    /// The attribute IFA_LOCAL with 192.0.2.1.
    private static let local: [UInt8] = [8, 0, 2, 0, 192, 0, 2, 1]

    private func parse(address bytes: [UInt8]) -> (status: CInt, address: clinux_address) {
        var address = clinux_address()
        return (clinux_address_parse(bytes, bytes.count, &address), address)
    }

    @Test func `an address is read field by field`() {
        // The attribute IFA_ADDRESS with 192.0.2.9.
        let peer: [UInt8] = [8, 0, 1, 0, 192, 0, 2, 9]
        let (status, address) = parse(address: Self.fixed + peer + Self.local)
        #expect(status == 0)
        #expect(address.bytes.0 == 192 && address.bytes.3 == 1)
        #expect(address.prefix_length == 24 && address.interface == 3 && address.flags == 0x80)
        #expect(address.valid_lifetime == .max && address.created == .max)
    }

    /// Messages without their whole fixed part, without an address, with IFA_LOCAL or its header cut short, with
    /// IFA_CACHEINFO cut short, with the family AF_INET6 but an IPv4 address, with IFA_PROTO without content.
    static let badAddresses: [[UInt8]] = [
        [], Array(fixed.dropLast()), fixed, fixed + [7, 0, 2, 0, 192, 0, 2], fixed + [3, 0, 2, 0],
        fixed + local + [19, 0, 6, 0], [10] + fixed.dropFirst() + local, fixed + local + [4, 0, 11, 0],
    ]

    @Test(arguments: badAddresses)
    func `an address with a part that is missing or cut short is refused`(bytes: [UInt8]) {
        #expect(parse(address: bytes).status == -EBADMSG)
    }

    @Test func `addresses of other families than IPv4 and IPv6 are skipped`() {
        // 29 is AF_CAN.
        #expect(parse(address: [29] + Self.fixed.dropFirst() + Self.local).status == -ENOENT)
    }
}
