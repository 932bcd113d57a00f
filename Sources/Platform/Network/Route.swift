// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import TeredoProtocol

/// The host's route to an address.
public struct Route: Hashable, Sendable {
    public let interface: NetworkInterface
    /// The address that the host sends from.
    public let source: IPv4Address

    /// Looks up the route to `destination`; if `interface` is given, only a route through this interface. nil
    /// when there is none.
    public init?(
        to destination: IPv4Address, through interface: NetworkInterface? = nil
    ) throws(SystemError) {
        var route = clinux_route()
        let status = unsafe clinux_find_route(destination.bits, interface?.index ?? 0, &route)
        switch -status {
        case 0: break
        case ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL: return nil
        default: throw SystemError("find the route to \(destination)", code: -status)
        }
        guard let found = NetworkInterface(index: route.interface) else { return nil }
        self.interface = found
        source = IPv4Address(bits: route.source)
    }
}
