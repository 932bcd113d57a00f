// SPDX-License-Identifier: GPL-2.0-or-later
internal import Platform
internal import TeredoProtocol

/// Where the client's socket may be found without going through all sockets of the host. A hint is never believed: the
/// kernel has to say that the socket is there and whose it is.
struct PortHints {
    /// The ports in the Teredo addresses of the host. A Teredo address tells the port that the Teredo server saw: the
    /// client's own, unless a NAT has changed it on the way.
    static func portsInAddresses() -> [UInt16] {
        // Without them there is the long way.
        guard let addresses = try? AddressTable().addresses() else { return [] }
        return addresses.compactMap { port(in: $0.bytes) }
    }

    /// The port in a Teredo address (2001:0::/32), where its bits are inverted.
    static func port(in bytes: [UInt8]) -> UInt16? {
        guard bytes.count == 16, bytes.starts(with: RFC4380.prefix) else { return nil }
        return ~(UInt16(bytes[10]) << 8 | UInt16(bytes[11]))
    }
}
