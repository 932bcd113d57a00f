// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// A row of the table of unicast addresses (MIB_UNICASTIPADDRESS_ROW).
public struct UnicastAddress: Hashable, Sendable {
    /// The state of duplicate address detection (NL_DAD_STATE).
    public enum State: Int32, Sendable {
        /// Never reported: Linux has no such state.
        case invalid = 0
        /// Detection is in progress: the address cannot be used yet.
        case tentative
        /// Another host has the address: it cannot be used.
        case duplicate
        /// The address is in use, but not for new connections.
        case deprecated
        /// The address is in use, also for new connections.
        case preferred
    }

    /// The origin of the address's prefix (NL_PREFIX_ORIGIN).
    public enum PrefixOrigin: Int32, Sendable {
        case other = 0, manual, wellKnown, dhcp, routerAdvertisement
    }

    /// The origin of the address's host part (NL_SUFFIX_ORIGIN).
    public enum SuffixOrigin: Int32, Sendable {
        case other = 0, manual, wellKnown, dhcp, linkLayerAddress, random
    }

    /// The address in network byte order: 4 bytes for IPv4, 16 for IPv6.
    public var bytes: [UInt8]
    /// The address as text: "192.0.2.1", "2001:db8::1".
    public var text: String
    /// The index of the interface.
    public var interfaceIndex: UInt32
    /// The name of the interface; empty if it vanished during the listing.
    public var interfaceName: String
    /// A number of the interface in the form of NET_LUID: its type (IANA ifType) in the upper 16 bits, its
    /// index in the middle 24.
    public var interfaceLUID: UInt64
    public var prefixOrigin: PrefixOrigin
    public var suffixOrigin: SuffixOrigin
    /// The remaining time for which the address is valid, in whole seconds; nil for no end.
    public var validLifetime: Duration?
    /// The remaining time for which the address is preferred, in whole seconds; nil for no end.
    public var preferredLifetime: Duration?
    /// The length of the prefix in bits.
    public var prefixLength: UInt8
    public var state: State
    /// The index of the interface for link-local IPv6 addresses, 0 for others.
    public var scopeID: UInt32
    /// The time of the address's creation since 1970 (UTC); nil when the kernel does not report it.
    public var created: Duration?
    /// False while the interface has no carrier, so that duplicate address detection cannot end.
    public var interfaceIsUp: Bool

    /// The family: IPv4 or IPv6.
    public var family: AddressFamily { bytes.count == 4 ? .ipv4 : .ipv6 }

    init(_ address: InterfaceAddress) {
        bytes = address.bytes
        text = address.text
        interfaceIndex = address.interface
        interfaceName = address.interfaceName
        interfaceLUID =
            UInt64(address.windowsInterfaceType) << 48 | UInt64(address.interface & 0xFF_FFFF) << 24
        (prefixOrigin, suffixOrigin) = Self.origins(of: address)
        validLifetime = address.validLifetime == .max ? nil : .seconds(address.validLifetime)
        preferredLifetime = address.preferredLifetime == .max ? nil : .seconds(address.preferredLifetime)
        prefixLength = address.prefixLength
        state = State(address.flags)
        scopeID = address.isLinkLocal ? address.interface : 0
        created = address.created
        interfaceIsUp = address.interfaceIsUp
    }

    /// False while duplicate address detection is in progress. Without a carrier it cannot end, and the
    /// address counts as stable.
    var isStable: Bool { state != .tentative || !interfaceIsUp }
}

extension [UnicastAddress] {
    /// The addresses of a family, in the same order.
    func of(_ family: AddressFamily) -> [UnicastAddress] {
        filter { family == .any || $0.family == family }
    }

    var areStable: Bool { allSatisfy(\.isStable) }
}
