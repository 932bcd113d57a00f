// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import TeredoProtocol

/// A unicast address of an interface, as the kernel lists it.
public struct InterfaceAddress: Hashable, Sendable {
    /// The origin of an address's prefix, by the numbers of Windows' NL_PREFIX_ORIGIN.
    public enum PrefixOrigin: Int32, Sendable {
        case other = 0, manual, wellKnown, dhcp, routerAdvertisement
    }

    /// The origin of an address's host part, by the numbers of Windows' NL_SUFFIX_ORIGIN.
    public enum SuffixOrigin: Int32, Sendable {
        case other = 0, manual, wellKnown, dhcp, linkLayerAddress, random
    }

    /// The state of duplicate address detection, by the numbers of Windows' NL_DAD_STATE.
    public enum State: Int32, Sendable {
        case invalid = 0, tentative, duplicate, deprecated, preferred
    }

    /// The address in network byte order: 4 or 16 bytes.
    public var bytes: [UInt8]
    public var prefixLength: UInt8
    /// The index of the interface.
    public var interface: UInt32
    /// The name of the interface; empty if it vanished during the listing.
    public var interfaceName = ""
    /// The ARPHRD_* number of the interface.
    public var interfaceType: UInt16 = 0
    /// True when the interface has a carrier.
    public var interfaceIsUp = false
    public var state: State
    public var prefixOrigin: PrefixOrigin
    public var suffixOrigin: SuffixOrigin
    /// The time for which the address stays, in seconds from now; the largest number means no end.
    public var validLifetime: UInt32
    /// The time after which new connections should no longer use the address, in seconds as ``validLifetime``.
    public var preferredLifetime: UInt32
    /// True for an address in fe80::/10, which is useful only together with an interface.
    public var isLinkLocal: Bool
    /// The time of the address's creation since 1970; nil when the kernel does not report it.
    public var created: Duration?

    /// The address, if it is an IPv4 address.
    public var ipv4: IPv4Address? {
        bytes.count == 4 ? IPv4Address(bytes[0], bytes[1], bytes[2], bytes[3]) : nil
    }

    /// The address in the form of inet_ntop(3).
    public var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard unsafe inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "" }
        let end = buffer.firstIndex(of: 0) ?? buffer.endIndex
        return String(decoding: buffer[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension InterfaceAddress {
    /// `links` are the interfaces by index; `bootTime` is the time of boot, since 1970.
    init(_ address: clinux_address, links: [UInt32: clinux_link], bootTime: Duration) {
        let isIPv4 = address.family == UInt8(AF_INET)
        let link = links[address.interface]
        let sixteenBytes = unsafe withUnsafeBytes(of: address.bytes) { unsafe Array($0) }
        bytes = isIPv4 ? Array(sixteenBytes.prefix(4)) : sixteenBytes
        prefixLength = address.prefix_length
        interface = address.interface
        interfaceName = link.map(Self.name) ?? ""
        interfaceType = link?.type ?? 0
        interfaceIsUp = (link?.flags ?? 0) & UInt32(CLINUX_IFF_LOWER_UP) != 0
        state = State(flags: address.flags)
        (prefixOrigin, suffixOrigin) = Self.origins(of: address, isIPv4: isIPv4)
        validLifetime = address.valid_lifetime
        preferredLifetime = address.preferred_lifetime
        isLinkLocal = !isIPv4 && address.scope == UInt8(CLINUX_SCOPE_LINK)
        // The kernel reports hundredths of a second since boot.
        created =
            address.created == .max ? nil : bootTime + .milliseconds(Int64(address.created) * 10)
    }

    private static func name(of link: clinux_link) -> String {
        unsafe withUnsafeBytes(of: link.name) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// The origins of an address's prefix and host part. The origin that the kernel reports takes
    /// precedence. Without a reported origin, loopback and link-local addresses are recognised, and the
    /// others are guessed.
    static func origins(
        of address: clinux_address, isIPv4: Bool
    ) -> (PrefixOrigin, SuffixOrigin) {
        let flags = address.flags
        let isRandom = flags & UInt32(CLINUX_IFA_TEMPORARY | CLINUX_IFA_STABLE_PRIVACY) != 0
        let isPermanent = flags & UInt32(CLINUX_IFA_PERMANENT) != 0
        let bytes = address.bytes
        let isLoopback =
            isIPv4
            ? bytes.0 == 127 : address.scope == UInt8(CLINUX_SCOPE_HOST) && address.prefix_length == 128
        if isLoopback || Int(address.protocol) == CLINUX_PROTOCOL_LOOPBACK { return (.wellKnown, .wellKnown) }
        switch Int(address.protocol) {
        case CLINUX_PROTOCOL_LINK_LOCAL: return (.wellKnown, isRandom ? .random : .linkLayerAddress)
        case CLINUX_PROTOCOL_ROUTER: return (.routerAdvertisement, isRandom ? .random : .linkLayerAddress)
        case 0: break
        // Higher numbers are those of programs that manage addresses, such as DHCP clients.
        default: return isPermanent ? (.manual, .manual) : (.dhcp, .dhcp)
        }
        // fe80::/10
        if !isIPv4, bytes.0 == 0xFE, bytes.1 & 0xC0 == 0x80 {
            return (.wellKnown, isRandom ? .random : isPermanent ? .linkLayerAddress : .other)
        }
        if isPermanent { return (.manual, .manual) }
        // From here on a guess, as the kernel reports no origin. DHCP clients add IPv6 addresses with prefix
        // length 128.
        if isIPv4 || address.prefix_length == 128 { return (.dhcp, .dhcp) }
        return (.routerAdvertisement, isRandom ? .random : .linkLayerAddress)
    }
}

extension InterfaceAddress.State {
    /// The state for IFA_F_* flags. An optimistic address does not count as tentative, because it may be used
    /// during duplicate address detection.
    public init(flags: UInt32) {
        func has(_ flag: Int) -> Bool { flags & UInt32(flag) != 0 }
        if has(CLINUX_IFA_DAD_FAILED) {
            self = .duplicate
        } else if has(CLINUX_IFA_TENTATIVE) && !has(CLINUX_IFA_OPTIMISTIC) {
            self = .tentative
        } else if has(CLINUX_IFA_DEPRECATED) {
            self = .deprecated
        } else {
            self = .preferred
        }
    }
}

extension InterfaceAddress {
    /// The type of the interface as an IANA ifType number, which Windows uses.
    public var windowsInterfaceType: UInt16 {
        switch Int(interfaceType) {
        case CLINUX_TYPE_ETHERNET: 6  // ethernetCsmacd
        case CLINUX_TYPE_LOOPBACK: 24  // softwareLoopback
        case CLINUX_TYPE_PPP: 23  // ppp
        case CLINUX_TYPE_TUNNEL_FIRST...CLINUX_TYPE_TUNNEL_LAST, CLINUX_TYPE_NONE: 131  // tunnel
        default: 1  // other
        }
    }
}
