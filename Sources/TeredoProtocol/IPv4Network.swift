// SPDX-License-Identifier: Apache-2.0

/// The IPv4 addresses that share the first bits with an address.
public struct IPv4Network: Hashable, Sendable {
    /// Any address of the network. Networks compare as equal only if this address is the same, too.
    public var address: IPv4Address
    /// The number of bits that the addresses share, 0 to 32.
    public var prefixLength: UInt8

    /// Limits `prefixLength` to 32.
    public init(_ address: IPv4Address, prefixLength: UInt8) {
        self.address = address
        self.prefixLength = min(prefixLength, 32)
    }

    /// A 1 for each bit that the addresses share.
    public var mask: IPv4Address {
        IPv4Address(bits: prefixLength == 0 ? 0 : UInt32.max << UInt32(32 - prefixLength))
    }

    /// The first address of the network, which no host has.
    public var first: IPv4Address { IPv4Address(bits: address.bits & mask.bits) }

    /// The last address of the network, which is that of all its hosts.
    public var broadcast: IPv4Address { IPv4Address(bits: address.bits | ~mask.bits) }
}
