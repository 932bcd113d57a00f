// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import TeredoProtocol

/// An IPv4 UDP flow in the kernel's connection tracking table.
public struct TrackedFlow: Hashable, Sendable {
    /// One end of a packet; the port is in host byte order.
    public struct End: Hashable, Sendable {
        public let address: IPv4Address
        public let port: UInt16

        public init(address: IPv4Address, port: UInt16) {
            self.address = address
            self.port = port
        }

        init(_ end: clinux_endpoint) { self.init(address: IPv4Address(bits: end.address), port: end.port) }

        var raw: clinux_endpoint { clinux_endpoint(address: address.bits, port: port) }
    }

    /// The ends of the packet that began the flow.
    public let source, destination: End
    /// The ends of an answer to that packet; they differ from the above where addresses are translated.
    public let replySource, replyDestination: End
    /// Distinguishes the entry from a later one with the same ends.
    let id: UInt32
    /// The tracking zone; 0 for none.
    let zone: UInt16

    public init(source: End, destination: End, replySource: End, replyDestination: End) {
        (self.source, self.destination) = (source, destination)
        (self.replySource, self.replyDestination) = (replySource, replyDestination)
        (id, zone) = (0, 0)
    }

    init(_ flow: clinux_flow) {
        (source, destination) = (End(flow.source), End(flow.destination))
        (replySource, replyDestination) = (End(flow.reply_source), End(flow.reply_destination))
        (id, zone) = (flow.id, flow.zone)
    }

    var raw: clinux_flow {
        clinux_flow(
            source: source.raw, destination: destination.raw, reply_source: replySource.raw,
            reply_destination: replyDestination.raw, id: id, zone: zone)
    }

    /// True if the flow begins or ends at a socket of this host on this port (host byte order) and one of these
    /// addresses of the host. Forwarded flows do not.
    public func isLocal(port: UInt16, addresses: Set<IPv4Address>) -> Bool {
        let isFromHere = source.port == port && addresses.contains(source.address)
        // If the packet was redirected to another host or port (DNAT), the answer's source is that host or
        // port.
        let isToHere =
            destination.port == port && addresses.contains(destination.address)
            && replySource.port == port && addresses.contains(replySource.address)
        return isFromHere || isToHere
    }
}
