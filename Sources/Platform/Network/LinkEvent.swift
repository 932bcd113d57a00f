// SPDX-License-Identifier: Apache-2.0

/// An event of a network interface.
public enum LinkEvent: Hashable, Sendable {
    /// The interface appeared or changed. `isTunnelDevice` is true for devices of /dev/net/tun, but false in an event
    /// about a device as the port of a bridge, which does not show the kind of the device.
    case present(index: Int32, isTunnelDevice: Bool)
    /// The interface was removed.
    case gone(index: Int32)
    /// Events were lost: look up the state.
    case lost
}
