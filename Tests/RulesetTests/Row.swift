// SPDX-License-Identifier: GPL-2.0-or-later
import TeredoProtocol
import TestSupport

/// A row of the table of exceptions in the README.
enum Row: String, Sendable, CaseIterable, Comparable {
    case servicePortIn = "I1"
    case discoveryIn = "I2"
    case servicePortOut = "O1"
    case solicitationOut = "O2"

    static func < (one: Row, other: Row) -> Bool { one.rawValue < other.rawValue }
}

/// A test packet: one that an exception is for, or a similar one that no exception is for.
struct TestPacket: Hashable, Sendable, CustomStringConvertible {
    /// nil for a packet that no exception is for: it must have the same result with and without teredowall.
    var row: Row?
    var description: String
    var packet: Packet

    /// The port of the client, and its user. Rulesets in rules/ mention both numbers.
    static let port: UInt16 = 41234
    static let user: UInt32 = 4711
    private static let otherUser: UInt32 = 4712

    private init(_ row: Row?, _ description: String, _ packet: Packet) {
        self.row = row
        self.description = "\(row.map { $0.rawValue } ?? "no row"), \(description)"
        self.packet = packet
    }

    /// All packets that are tried on a host, to and from these remote addresses. Each phase uses other source
    /// addresses for incoming packets, near the given ones.
    static func all(remoteAddresses: [IPv4Address], phase: UInt32 = 0) -> [TestPacket] {
        remoteAddresses.flatMap { incoming(from: IPv4Address(bits: $0.bits + phase)) + outgoing(to: $0) }
            + [
                TestPacket(
                    .solicitationOut, "to the group",
                    Packet(
                        .out(user: user), from: Testbed.address, to: RFC4380.discoveryGroup,
                        destinationPort: RFC4380.wellKnownPort))
            ]
    }

    /// The packets from this address to the host.
    static func incoming(from source: IPv4Address) -> [TestPacket] {
        // Each packet has another sender, because rules may record the sender of the previous one. The
        // addresses are three apart, because each of the three phases adds its number to the given one.
        var sender = source.bits
        func packet(
            _ port: UInt16, _ transport: Packet.Transport = .udp,
            to destination: IPv4Address = Testbed.address
        ) -> Packet {
            defer { sender += 3 }
            return Packet(
                .in, transport, from: IPv4Address(bits: sender), to: destination, destinationPort: port)
        }
        // Packets to the group come from hosts of the attached network 6.6.6.0/24. A distant source is replaced by
        // a neighbour with a number above those of the senders near `Testbed.neighbour`: 103 to 166, by its last bits.
        let isNeighbour = source.bits >> 8 == Testbed.neighbour.bits >> 8
        let neighbour =
            isNeighbour ? source : IPv4Address(bits: Testbed.neighbour.bits + 100 + (source.bits & 63))
        func discovery() -> Packet {
            var found = packet(RFC4380.wellKnownPort, to: RFC4380.discoveryGroup)
            found.source = isNeighbour ? found.source : neighbour
            return found
        }
        let group = RFC4380.discoveryGroup
        return [
            TestPacket(.servicePortIn, "from \(source)", packet(port)),
            TestPacket(.discoveryIn, "from \(neighbour)", discovery()),
            TestPacket(nil, "in from \(source), next port", packet(port + 1)),
            TestPacket(nil, "in from \(source), port before", packet(port - 1)),
            TestPacket(nil, "in from \(source), to the host, port 3544", packet(RFC4380.wellKnownPort)),
            TestPacket(
                nil, "in from \(source), group, next port", packet(RFC4380.wellKnownPort + 1, to: group)),
            TestPacket(
                nil, "in from \(source), other group",
                packet(RFC4380.wellKnownPort, to: IPv4Address(224, 0, 0, 251))),
            TestPacket(nil, "in from \(source), TCP", packet(port, .tcp)),
            TestPacket(nil, "in from \(source), echo", packet(0, .icmp)),
        ]
    }

    /// The packets from the host to this address.
    static func outgoing(to destination: IPv4Address) -> [TestPacket] {
        // A port of nil is a new one for each packet (`Packet`).
        func packet(
            _ transport: Packet.Transport = .udp, user: UInt32 = user, from sourcePort: UInt16?,
            to port: UInt16?
        ) -> Packet {
            Packet(
                .out(user: user), transport, from: Testbed.address, to: destination,
                sourcePort: sourcePort, destinationPort: port)
        }
        return [
            TestPacket(.servicePortOut, "to \(destination)", packet(from: port, to: nil)),
            TestPacket(.solicitationOut, "to \(destination)", packet(from: nil, to: RFC4380.wellKnownPort)),
            TestPacket(nil, "out to \(destination), next port", packet(from: port + 1, to: nil)),
            TestPacket(
                nil, "out to \(destination), other user",
                packet(user: otherUser, from: nil, to: RFC4380.wellKnownPort)),
            TestPacket(
                nil, "out to \(destination), port 3545", packet(from: nil, to: RFC4380.wellKnownPort + 1)),
            TestPacket(nil, "out to \(destination), TCP", packet(.tcp, from: port, to: nil)),
        ]
    }
}
