// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TestSupport
import Testing

/// Sends packets between a host and its peer on a ``Link``, and determines which arrive.
struct Traffic {
    private let host: NetworkNamespace
    private let peer: NetworkNamespace
    private let sockets: [UInt16: DatagramSocket]
    private var limit = DatagramSocket.briefWait

    /// Opens sockets at these ports of the host; the socket at 3544 also joins the discovery group.
    init(host: NetworkNamespace, peer: NetworkNamespace, ports: [UInt16]) throws {
        self.host = host
        self.peer = peer
        var sockets: [UInt16: DatagramSocket] = [:]
        for port in ports { sockets[port] = try DatagramSocket(in: host, port: port) }
        self.sockets = sockets
        try sockets[3544]?.join(Link.discoveryGroup, on: Link.hostAddress)
    }

    /// A copy that waits long, for packets that must arrive even on a busy machine.
    var withLongWait: Traffic { expecting(true) }

    /// A copy that waits long if the packet must arrive, and briefly if it must not.
    func expecting(_ passes: Bool) -> Traffic {
        var copy = self
        copy.limit = passes ? .seconds(20) : DatagramSocket.briefWait
        return copy
    }

    /// Whether a packet from a new port of the peer arrives at this port of the host.
    func comesIn(
        to port: UInt16, from source: String = Link.peerAddress, at destination: String = Link.hostAddress
    ) throws -> Bool {
        try DatagramSocket(in: peer, on: source).send(to: destination, port: port)
        return try openSocket(at: port).receive(within: limit) != nil
    }

    /// Whether a packet from this port of the host arrives at the peer, at a new port or at the given one.
    func goesOut(from port: UInt16, to destination: UInt16 = 0) throws -> Bool {
        let receiver = try DatagramSocket(in: peer, port: destination)
        try openSocket(at: port).send(to: Link.peerAddress, port: receiver.port)
        return try receiver.receive(within: limit) != nil
    }

    /// Throws if ``init(host:peer:ports:)`` opened no socket at the port: without one no packet arrives, whatever
    /// the firewall does.
    private func openSocket(at port: UInt16) throws -> DatagramSocket {
        try #require(sockets[port], "no socket is open at port \(port)")
    }
}
