// SPDX-License-Identifier: GPL-2.0-or-later
public import TeredoProtocol

/// A service port of the Teredo client to open, on every address of the host or on one.
///
/// An opening is as narrow as the binding of the client's socket: a port opened on every address would also
/// reach the sockets that other programs have bound to that port on other addresses.
public struct Opening: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The address; nil for every address.
    public var address: IPv4Address?
    /// The port, in host byte order.
    public var port: UInt16

    public init(_ port: UInt16, at address: IPv4Address? = nil) {
        self.address = address
        self.port = port
    }

    public static func < (left: Opening, right: Opening) -> Bool {
        (left.port, left.address?.bits ?? 0) < (right.port, right.address?.bits ?? 0)
    }

    /// "41234" or "10.9.0.1:41234"
    public var description: String { address.map { "\($0):\(port)" } ?? "\(port)" }
}
