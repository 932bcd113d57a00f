// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import TeredoProtocol

/// The host's route to an address.
public struct Route: Hashable, Sendable {
    public let interface: NetworkInterface
    /// The address that the host sends from.
    public let source: IPv4Address

    /// Looks up the route to `destination`; if `interface` is given, only a route through this interface. nil
    /// when the kernel answers that there is none.
    public init?(
        to destination: IPv4Address, through interface: NetworkInterface? = nil
    ) throws(SystemError) {
        var number: CInt = -1
        try checkNetlink("open a netlink socket for routes") { unsafe clinux_route_open(&number) }
        let descriptor = Descriptor(owning: number)
        var route = clinux_route()
        let status = unsafe clinux_find_route(
            descriptor.rawValue, destination.bits, interface?.index ?? 0, &route)
        if status < 0 { throw SystemError("find the route to \(destination)", code: -status) }
        guard status > 0, let found = NetworkInterface(index: route.interface) else { return nil }
        self.interface = found
        source = IPv4Address(bits: route.source)
    }
}
