// SPDX-License-Identifier: GPL-2.0-or-later
public import TeredoProtocol

/// An element of a set of ours: a port in ``NamedSet/timedPorts(_:comment:)``, an address and a port in
/// ``NamedSet/timedAddresses(_:comment:)``, or a protocol in ``NamedSet/timedProtocols(_:comment:)``.
public struct TimedElement: Hashable, Sendable {
    /// The address; nil in a set of ports or protocols.
    public var address: IPv4Address?
    /// The port, in host byte order; in a set of protocols, the protocol number.
    public var port: UInt16
    /// True for an element of a set of protocols.
    public var isProtocol = false
    /// The lifetime, counted from the commit that adds the element; nil for no end.
    public var timeout: Duration?
    /// The remaining lifetime of a listed element that has a timeout, else nil.
    public var remaining: Duration?

    public init(
        _ port: UInt16, at address: IPv4Address? = nil, timeout: Duration?, remaining: Duration? = nil
    ) {
        self.address = address
        self.port = port
        self.timeout = timeout
        self.remaining = remaining
    }

    /// The element without its timeout and remaining lifetime: all that distinguishes elements of one set.
    var withoutLifetime: TimedElement {
        var element = self
        (element.timeout, element.remaining) = (nil, nil)
        return element
    }

    /// IGMP in a set of protocols.
    public static func igmp(timeout: Duration?) -> TimedElement {
        var element = TimedElement(UInt16(IPProtocol.igmp), timeout: timeout)
        element.isProtocol = true
        return element
    }
}
