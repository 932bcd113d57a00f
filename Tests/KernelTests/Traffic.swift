// SPDX-License-Identifier: GPL-2.0-or-later
import Platform
import TestSupport

/// Sockets of a host and its peer on a ``Link``, and what comes through between them.
struct Traffic {
    private let host: NetworkNamespace
    private let peer: NetworkNamespace
    private let sockets: [UInt16: Datagrams]
    private var patience = Duration.milliseconds(150)

    /// The host listens at these ports, at 3544 also to the discovery group.
    init(host: NetworkNamespace, peer: NetworkNamespace, ports: [UInt16]) throws {
        self.host = host
        self.peer = peer
        var sockets: [UInt16: Datagrams] = [:]
        for port in ports { sockets[port] = try Datagrams(in: host, port: port) }
        self.sockets = sockets
        try sockets[3544]?.join(Link.discoveryGroup, on: Link.host)
    }

    /// For what shall come through, which may take its time on a busy machine.
    var patient: Traffic { expecting(true) }

    /// What shall come through has time; what shall not is waited for shortly.
    func expecting(_ passes: Bool) -> Traffic {
        var copy = self
        copy.patience = passes ? .seconds(20) : .milliseconds(150)
        return copy
    }

    /// Whether a packet from a fresh port of the peer comes in to this port of the host.
    func comesIn(
        to port: UInt16, from source: String = Link.peer, at destination: String = Link.host
    ) throws -> Bool {
        try Datagrams(in: peer, on: source).send(to: destination, port: port)
        return try sockets[port]?.receive(within: patience) != nil
    }

    /// Whether a packet from this port of the host goes out to the peer, to a fresh port or the given one.
    func goesOut(from port: UInt16, to destination: UInt16 = 0) throws -> Bool {
        let receiver = try Datagrams(in: peer, port: destination)
        try sockets[port]?.send(to: Link.peer, port: receiver.port)
        return try receiver.receive(within: patience) != nil
    }
}
