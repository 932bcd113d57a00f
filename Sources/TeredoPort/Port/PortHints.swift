// SPDX-License-Identifier: Apache-2.0
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
        return addresses.compactMap { TeredoAddress($0.bytes)?.mappedPort }
    }
}
