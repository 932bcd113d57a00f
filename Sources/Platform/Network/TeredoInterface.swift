// SPDX-License-Identifier: Apache-2.0
public import TeredoProtocol

/// The tunnel interface of a qualified Teredo client, that is, of one that has its address in 2001::/32
/// from a server (RFC 4380, section 4).
public struct TeredoInterface: Hashable, Sendable {
    public let name: String
    public let index: UInt32
    public let address: TeredoAddress
    /// The address as text: "2001:0:505:501:…".
    public let addressText: String
    /// The time at which the address was assigned, since 1970; nil when the kernel does not report it.
    public let since: Duration?

    /// The Teredo server's IPv4 address as text, which the Teredo address contains (RFC 4380, section 4).
    public var serverText: String { address.server.description }

    /// The first Teredo interface of the calling thread's network namespace; nil while no client is qualified.
    /// Needs no privileges.
    public static func find() throws(SystemError) -> TeredoInterface? { try all().first }

    /// All Teredo interfaces of the namespace. There may be several while one client replaces another.
    public static func all() throws(SystemError) -> [TeredoInterface] {
        try AddressTable().addresses().compactMap { entry in
            TeredoAddress(entry.bytes).map { address in
                TeredoInterface(
                    name: entry.interfaceName, index: entry.interface, address: address,
                    addressText: entry.text, since: entry.created)
            }
        }
    }
}
