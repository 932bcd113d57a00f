// SPDX-License-Identifier: Apache-2.0
internal import Platform
internal import TeredoProtocol

/// Places where the client's socket may be found without listing all sockets of the host. A hint must be
/// verified in the socket table: that the socket exists and that its user is the client's.
struct PortHints {
    /// The ports in the host's Teredo addresses. A Teredo address contains the port that the Teredo server
    /// saw: the client's own, unless a NAT has changed it.
    static func portsInAddresses() -> [UInt16] {
        // If the addresses cannot be read, there are no hints, and all sockets are listed.
        guard let addresses = try? AddressTable().addresses() else { return [] }
        return addresses.compactMap { TeredoAddress($0.bytes)?.mappedPort }
    }
}
