// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

/// The known properties of every packet of one kind, in one direction, on one interface.
struct PacketClass {
    /// The kind of packets.
    enum Kind: Hashable {
        /// To or from a service port of the client; nil for an unknown port.
        case service(port: UInt16?)
        /// To the local discovery group (RFC 4380, 2.9).
        case discovery
        /// To UDP 3544 of a server or relay, sent by the client's user.
        case solicitation
        /// To UDP 3544 of the local discovery group, sent by the client's user.
        case announcement
        /// To UDP 3544 of this host: distinguishes denials of group packets from denials of all packets.
        case unicast
        /// UDP to this port.
        case toPort(UInt16)
        /// From an ephemeral port to this one.
        case flow(isTCP: Bool, to: UInt16)
        /// New TCP connections: distinguish denials of UDP from denials of all protocols.
        case tcp
        /// A protocol that no rule names.
        case anyProtocol

        /// A sample of services on the Internet: ssh, mail, the Web, STUN and others. By contrast, a tunnel is built with
        /// name resolution, the time, DHCP, and the port of its server.
        static let services: [Kind] =
            [22, 25, 80, 443, 587, 993, 8080, 40_000].map { .flow(isTCP: true, to: $0) }
            + [443, 3478, 40_000].map { .flow(isTCP: false, to: $0) }

        /// True for a connection to one port by TCP.
        var isOfTCP: Bool { if case .flow(isTCP: true, to: _) = self { true } else { false } }
    }

    let kind: Kind
    let direction: Direction
    /// The interface; nil for one of which nothing is known.
    let interface: Interface?
    /// The ID of the user that sends outgoing packets; nil if unknown.
    var user: UInt32?
    /// The known properties of the address of the remote host.
    private let peer: Bits
    /// The IPv4 header and the start of the transport header; ``facets`` has the property that each byte
    /// belongs to.
    private var header = Bits(unknown: 0, [])
    private var facets: [Facets] = []

    init(
        _ kind: Kind, _ direction: Direction, on interface: Interface?, user: UInt32? = nil,
        peer: Bits = Bits(unknown: 4, .peer)
    ) {
        self.kind = kind
        self.direction = direction
        self.interface = interface
        self.user = user
        self.peer = peer
        for field in networkHeader + transportHeader {
            header.bytes += field.bytes
            header.known += field.known
            header.assumed += field.assumed
            facets += field.bytes.map { _ in field.facets }
        }
    }

    var isGroup: Bool { kind == .discovery || kind == .announcement }

    /// IPPROTO_*
    var transport: UInt8 {
        switch kind {
        case .tcp, .flow(isTCP: true, to: _): IPProtocol.tcp
        case .anyProtocol: 200  // unassigned
        default: IPProtocol.udp
        }
    }

    /// A protocol that no packet of a class has.
    static let otherUnassignedProtocol: UInt8 = 201

    /// A port of the range that Linux and RFC 6335 have for ephemeral ports.
    private static let ephemeralPort: UInt16 = 50_000

    // MARK: Header

    /// `length` bytes from an offset in the link (`base` 0), network (1) or transport (2) header. The bytes beyond
    /// ``header``, those of other headers and the source's hardware address are unknown.
    func bits(_ base: UInt32, _ offset: Int, _ length: Int) -> Bits {
        if base == 0, let bits = linkBits(offset, length) { return bits }
        guard base == 1 || base == 2, length > 0, length <= 64, offset >= 0, offset < 4096 else {
            return Bits(unknown: max(1, min(length, 64)), .other)
        }
        let start = base == 1 ? offset : offset + 20
        if start + length <= header.count {
            var part = header[start..<start + length]
            part.facets = facets[start..<start + length].reduce([]) { $0.union($1) }
            return part
        }
        var result = Bits(unknown: length, .ordinary)
        for index in 0..<length where start + index < header.count {
            result.bytes[index] = header.bytes[start + index]
            result.known[index] = header.known[start + index]
            result.assumed[index] = header.assumed[start + index]
            result.facets.formUnion(facets[start + index])
        }
        return result
    }

    /// The destination of an incoming Ethernet frame, at offset 0, or its type, at offset 12; nil for other bytes.
    private func linkBits(_ offset: Int, _ length: Int) -> Bits? {
        switch (offset, length) {
        case (12, 2): return Bits(known: [0x08, 0x00], .family)  // ETH_P_IP, without a VLAN tag
        case (0, 6) where isGroup:
            // RFC 1112, 6.4: the lower 23 bits of the group.
            let group = RFC4380.discoveryGroup.bytes
            return Bits(known: [0x01, 0x00, 0x5E, group[1] & 0x7F, group[2], group[3]], .receiver)
        case (0, 6):
            var own = Bits(unknown: 6, .receiver)
            // The lowest bit of the first byte is 0 in the address of one host.
            (own.known[0], own.assumed[0]) = (0x01, 0x01)
            return own
        default: return nil
        }
    }

    private var networkHeader: [Bits] {
        var all: [Bits] = []
        func add(_ bits: Bits) { all.append(bits) }
        add(Bits(known: [0x45], .family))  // version 4, header of 5 words of 4 bytes
        add(Bits(assumed: [0, 0, 100], .ordinary))  // DSCP, and a length of 100 bytes
        add(Bits(unknown: 2, .ordinary))  // identification
        var fragment = Bits(assumed: [0, 0], .ordinary)
        fragment.assumed[0] = 0xBF  // the bit "don't fragment" may be set
        add(fragment)
        add(Bits(assumed: [hops], .ordinary))  // time to live
        add(Bits(known: [transport], .transport))
        add(Bits(unknown: 2, .ordinary))  // checksum
        add(source)
        add(destination)
        return all
    }

    /// The time to live of an ordinary packet.
    var hops: UInt8 { isGroup ? 1 : 64 }

    private var ownAddress: Bits {
        guard let first = interface?.addresses.first else { return Bits(unknown: 4, .receiver) }
        return Bits(known: first.bytes, .receiver)
    }

    private var source: Bits { direction == .input ? peer : ownAddress }

    private var destination: Bits {
        if isGroup { return Bits(known: RFC4380.discoveryGroup.bytes, .receiver) }
        return direction == .output ? peer : ownAddress
    }

    private var transportHeader: [Bits] {
        func port(_ number: UInt16?) -> Bits {
            guard let number else { return Bits(unknown: 2, .port) }
            return Bits(known: [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)], .port)
        }
        let service: UInt16? = if case .service(let number) = kind { number } else { nil }
        let wellKnown = RFC4380.wellKnownPort
        var source: UInt16?
        var destination: UInt16?
        switch kind {
        case .service: if direction == .input { destination = service } else { source = service }
        case .discovery, .unicast: (source, destination) = (wellKnown, wellKnown)
        case .solicitation, .announcement: destination = wellKnown
        case .toPort(let port): destination = port
        case .flow(_, let port): (source, destination) = (Self.ephemeralPort, port)
        case .tcp, .anyProtocol: break
        }
        // Other clients may send from any port, although RFC 4380 names 3544.
        if kind == .discovery || kind == .unicast { source = nil }
        var bits = [port(source), port(destination)]
        if transport == 6 {
            // Sequence numbers and header length, the flags (SYN), and the rest of the header.
            bits += [Bits(unknown: 9, .other), Bits(known: [2], .state), Bits(unknown: 6, .other)]
        } else {
            // The length, 100 bytes without the IPv4 header, and the checksum.
            bits += [Bits(assumed: [0, 80], .ordinary), Bits(unknown: 2, .ordinary)]
        }
        return bits
    }
}
