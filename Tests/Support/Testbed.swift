// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
public import Platform
public import TeredoProtocol

/// A host with one interface, eth0, and a second namespace at the other end of its link, which stands for
/// the rest of the network. Test packets are sent in both directions; for each the result is whether it
/// passed the host's filters.
///
/// Not for concurrent use. The host's ruleset may be replaced at any time. The addresses are public ones, since a
/// client uses no private ones.
public final class Testbed {
    /// The host's address.
    public static let address = IPv4Address(6, 6, 6, 2)
    /// An address at the other end of the link.
    public static let neighbour = IPv4Address(6, 6, 6, 3)
    /// Another address there, to which the host's default route leads.
    public static let router = IPv4Address(6, 6, 6, 1)

    /// The namespace of the host.
    public let host: NetworkNamespace
    /// The namespace at the other end of the link.
    public let peer: NetworkNamespace
    /// nft on the host.
    public let nft: NftLibrary

    /// Sockets of the host that receive packets which passed its input, one for each protocol.
    private let receivers: [RawSocketBox]
    /// Sockets for frames at the two ends of the link.
    private let framesOfHost: RawSocketBox
    private let framesOfPeer: RawSocketBox
    /// Sockets of the host that send packets, by user.
    private var senders: [UInt32: RawSocketBox] = [:]
    /// A member of the multicast groups, without which the host would ignore packets to them.
    private let member: TestSocket
    /// The number of packets and fences (see ``fence``) sent so far; each contains its number.
    private var count: UInt32 = 0

    /// The Ethernet addresses of the two ends of the link.
    private static let hardware: [UInt8] = [0x02, 0, 0, 0, 6, 2]
    private static let peerHardware: [UInt8] = [0x02, 0, 0, 0, 6, 3]
    /// The EtherType of fences: frames that are sent after a series of packets, to detect that all have
    /// arrived. IEEE 802 reserves this number for local experiments.
    private static let fence: UInt16 = 0x88B5
    /// ETH_P_ALL: frames of all protocols.
    private static let everything: UInt16 = 3

    /// Makes both namespaces and the link, with an empty ruleset. Needs root. Blocks.
    public init() throws {
        let (host, peer) = (try NetworkNamespace.forTest(), try NetworkNamespace.forTest())
        (self.host, self.peer) = (host, peer)
        func colonSeparated(_ bytes: [UInt8]) -> String {
            bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(separator: ":")
        }
        try host.command(
            "ip", ["-batch", "-"],
            input: """
                link set lo up
                link add eth0 address \(colonSeparated(Self.hardware)) type veth peer name eth0 address \
                \(colonSeparated(Self.peerHardware)) netns \(peer.path)
                addr add \(Self.address)/24 dev eth0
                link set eth0 up
                neigh add \(Self.router) lladdr \(colonSeparated(Self.peerHardware)) dev eth0 nud permanent
                neigh add \(Self.neighbour) lladdr \(colonSeparated(Self.peerHardware)) dev eth0 nud permanent

                """)
        try peer.command("ip", ["link", "set", "eth0", "up"])
        try host.command("ip", ["route", "add", "default", "via", "\(Self.router)"])
        // Accept packets from any source address on eth0.
        try host.command(
            "sysctl", ["-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.eth0.rp_filter=0"])
        nft = try NftLibrary(in: host)
        receivers = try host.run { () throws(SystemError) in
            try Packet.Transport.allCases.map { transport throws(SystemError) in
                RawSocketBox(try .receiver(transport))
            }
        }
        framesOfHost = try host.run { () throws(SystemError) in
            RawSocketBox(try .frames(on: "eth0", protocol: Self.fence))
        }
        framesOfPeer = try peer.run { () throws(SystemError) in
            RawSocketBox(try .frames(on: "eth0", protocol: Self.everything))
        }
        member = try TestSocket(in: host, uid: 0, port: RFC4380.wellKnownPort)
        let mDNSGroup = IPv4Address(224, 0, 0, 251)
        for group in [RFC4380.discoveryGroup, mDNSGroup] {
            try member.join(group, on: Self.address)
        }
    }

    /// Sends the packets and returns for each whether it passed.
    public func passes(_ packets: [Packet]) throws -> [Bool] {
        let first = count
        count += UInt32(packets.count)
        let incoming = packets.enumerated().filter { $0.element.direction == .in }
        let outgoing = packets.enumerated().filter { $0.element.direction != .in }
        for case .out(let user) in Set(outgoing.map(\.element.direction)) where senders[user] == nil {
            senders[user] = try host.run { () throws(SystemError) in RawSocketBox(try .sender(user: user)) }
        }
        var numbers: Set<UInt32> = []
        try host.run { () throws(any Error) in
            try stayOnProcessor()
            for (index, packet) in incoming {
                let bytes = packet.bytes(number: first + UInt32(index))
                try framesOfPeer.socket.send(Self.header(to: packet.destination) + bytes)
            }
            try awaitFence(from: framesOfPeer, to: framesOfHost)
            for receiver in receivers {
                while let packet = try receiver.socket.receive() {
                    if let number = Packet.number(in: packet) { numbers.insert(number) }
                }
            }
            numbers = numbers.intersection(incoming.map { first + UInt32($0.offset) })
            for (index, packet) in outgoing {
                guard case .out(let user) = packet.direction else { continue }
                try senders[user]?.socket.send(packet: packet.bytes(number: first + UInt32(index)))
            }
            for frame in try awaitFence(from: framesOfHost, to: framesOfPeer) {
                let ethernetHeader = 14
                if let number = Packet.number(in: frame.dropFirst(ethernetHeader)) { numbers.insert(number) }
            }
        }
        return packets.indices.map { numbers.contains(first + UInt32($0)) }
    }

    /// The Ethernet header of a frame from the peer to this address.
    private static func header(to destination: IPv4Address) -> [UInt8] {
        let bytes = destination.bytes
        let target: [UInt8] =
            if destination.isMulticast {
                // The last 23 bits of the group's address (RFC 1112).
                [0x01, 0x00, 0x5E, bytes[1] & 0x7F, bytes[2], bytes[3]]
            } else if bytes[3] == 255 {
                // The broadcast address of 6.6.6.0/24.
                [UInt8](repeating: 0xFF, count: 6)
            } else {
                hardware
            }
        let ipv4: [UInt8] = [0x08, 0x00]
        return target + peerHardware + ipv4
    }

    /// Sends a fence and waits for it, so that everything sent before has arrived. Returns the frames that
    /// arrived before the fence. Throws ``DeadlineMissed`` after 20 seconds.
    @discardableResult
    private func awaitFence(
        from sender: RawSocketBox, to receiver: RawSocketBox
    ) throws -> [ArraySlice<UInt8>] {
        count += 1
        let ethertype: [UInt8] = [UInt8(Self.fence >> 8), UInt8(Self.fence & 0xFF)]
        let tag = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
        // To all addresses of the link, padded to 60 bytes, the minimum of Ethernet.
        let fence =
            [UInt8](repeating: 0xFF, count: 6) + Self.peerHardware + ethertype + tag
            + [UInt8](repeating: 0, count: 42)
        try sender.socket.send(fence)
        let deadline = ContinuousClock.now + .seconds(20)
        var frames: [ArraySlice<UInt8>] = []
        while receiver.socket.wait(until: deadline) {
            while let frame = try receiver.socket.receive() {
                if frame.elementsEqual(fence) { return frames }
                frames.append(frame)
            }
        }
        throw DeadlineMissed(description: "not within 20 seconds: the fence behind a series of packets")
    }
}

/// A socket that several objects share.
private final class RawSocketBox: Sendable {
    let socket: RawSocket

    init(_ socket: consuming RawSocket) { self.socket = socket }
}
