// SPDX-License-Identifier: Apache-2.0
internal import Platform

/// Which addresses are meant.
public enum AddressFamily: Hashable, Sendable, CaseIterable {
    case any, ipv4, ipv6
}

/// One row of the table of unicast addresses (MIB_UNICASTIPADDRESS_ROW).
public struct UnicastAddress: Hashable, Sendable {
    /// The state of the search for duplicates of the address (NL_DAD_STATE).
    public enum State: Int32, Sendable {
        case invalid = 0
        /// The search is on: the address cannot be used yet.
        case tentative
        /// Another host has it: the address cannot be used.
        case duplicate
        /// In use, but not for new connections.
        case deprecated
        case preferred
    }

    /// The origin of the network's part of the address (NL_PREFIX_ORIGIN).
    public enum PrefixOrigin: Int32, Sendable {
        case other = 0, manual, wellKnown, dhcp, routerAdvertisement
    }

    /// The origin of the host's part of the address (NL_SUFFIX_ORIGIN).
    public enum SuffixOrigin: Int32, Sendable {
        case other = 0, manual, wellKnown, dhcp, linkLayerAddress, random
    }

    /// The address in network byte order: 4 bytes for IPv4, 16 for IPv6.
    public var bytes: [UInt8]
    /// The address as text: "192.0.2.1", "2001:db8::1".
    public var text: String
    /// The index of the interface.
    public var interfaceIndex: UInt32
    /// The name of the interface, empty when it was gone at once.
    public var interfaceName: String
    /// A number for the interface in the manner of NET_LUID: kind in the upper 16 bits, index in the middle 24.
    public var interfaceLUID: UInt64
    public var prefixOrigin: PrefixOrigin
    public var suffixOrigin: SuffixOrigin
    /// Remaining time for which the address is valid, nil for ever. Whole seconds.
    public var validLifetime: Duration?
    /// Remaining time for which the address is preferred, nil for ever. Whole seconds.
    public var preferredLifetime: Duration?
    /// The length of the network's part in bits.
    public var prefixLength: UInt8
    public var state: State
    /// The interface's index for link-local IPv6 addresses, 0 for all others.
    public var scopeID: UInt32
    /// The time at which the address was made, since the beginning of 1970 (UTC); nil when the kernel does not say.
    public var created: Duration?
    /// False while nothing is plugged in, when no search for duplicates can end.
    public var interfaceIsUp: Bool

    /// IPv4 or IPv6.
    public var family: AddressFamily { bytes.count == 4 ? .ipv4 : .ipv6 }

    init(_ address: InterfaceAddress) {
        bytes = address.bytes
        text = address.text
        interfaceIndex = address.interface
        interfaceName = address.interfaceName
        interfaceLUID =
            UInt64(address.windowsInterfaceType) << 48 | UInt64(address.interface & 0xFF_FFFF) << 24
        prefixOrigin = PrefixOrigin(rawValue: address.prefixOrigin.rawValue) ?? .other
        suffixOrigin = SuffixOrigin(rawValue: address.suffixOrigin.rawValue) ?? .other
        validLifetime = address.validLifetime == .max ? nil : .seconds(address.validLifetime)
        preferredLifetime = address.preferredLifetime == .max ? nil : .seconds(address.preferredLifetime)
        prefixLength = address.prefixLength
        state = State(rawValue: address.state.rawValue) ?? .invalid
        scopeID = address.isLinkLocal ? address.interface : 0
        created = address.created
        interfaceIsUp = address.interfaceIsUp
    }

    /// False while the search for duplicates is on and can come to an end.
    var isStable: Bool { state != .tentative || !interfaceIsUp }
}

extension [UnicastAddress] {
    /// Those of a family, in the kernel's order.
    func of(_ family: AddressFamily) -> [UnicastAddress] {
        filter { family == .any || $0.family == family }
    }

    var areStable: Bool { allSatisfy(\.isStable) }
}
