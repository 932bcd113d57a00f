// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import TeredoProtocol

/// A unicast address of an interface, as the kernel lists it.
public struct InterfaceAddress: Hashable, Sendable {
    /// The origin of an address's prefix. The numbers are those of Windows' NL_PREFIX_ORIGIN.
    public enum PrefixOrigin: Int32, Sendable {
        case other = 0, manual, wellKnown, dhcp, routerAdvertisement
    }

    /// The origin of the host's part. The numbers are those of Windows' NL_SUFFIX_ORIGIN.
    public enum SuffixOrigin: Int32, Sendable {
        case other = 0, manual, wellKnown, dhcp, linkLayerAddress, random
    }

    /// The state of the search for duplicates. The numbers are those of Windows' NL_DAD_STATE.
    public enum State: Int32, Sendable {
        case invalid = 0, tentative, duplicate, deprecated, preferred
    }

    /// In network byte order: 4 bytes or 16.
    public var bytes: [UInt8]
    public var prefixLength: UInt8
    public var interface: UInt32
    /// Empty when the interface was gone at once.
    public var interfaceName = ""
    /// ARPHRD_* number of the interface.
    public var interfaceType: UInt16 = 0
    /// The interface has a carrier.
    public var interfaceIsUp = false
    public var state: State
    public var prefixOrigin: PrefixOrigin
    public var suffixOrigin: SuffixOrigin
    /// Seconds from now, the largest number for ever.
    public var validLifetime: UInt32
    public var preferredLifetime: UInt32
    /// Only of use with the interface named: fe80::/10.
    public var isLinkLocal: Bool
    /// The time at which it was made, since the beginning of 1970; nil when the kernel does not say.
    public var created: Duration?

    /// The address, if it is one of IPv4.
    public var ipv4: IPv4Address? {
        bytes.count == 4 ? IPv4Address(bytes[0], bytes[1], bytes[2], bytes[3]) : nil
    }

    /// As `inet_ntop` writes it.
    public var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard unsafe inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "" }
        let end = buffer.firstIndex(of: 0) ?? buffer.endIndex
        return String(decoding: buffer[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension InterfaceAddress {
    init(_ address: clinux_address, links: [UInt32: clinux_link], started: Duration) {
        let isIPv4 = address.family == UInt8(AF_INET)
        let link = links[address.interface]
        let all = unsafe withUnsafeBytes(of: address.bytes) { unsafe Array($0) }
        bytes = isIPv4 ? Array(all.prefix(4)) : all
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
        created =
            address.created == .max ? nil : started + .milliseconds(Int64(address.created) * 10)
    }

    private static func name(of link: clinux_link) -> String {
        unsafe withUnsafeBytes(of: link.name) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// The kernel's word on who made an address goes before all else, except that it does not tell 127.0.0.0/8 and
    /// fe80::/10, which are what they are whoever made them.
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
        // Somebody else's number: a program that manages addresses, and says so.
        default: return isPermanent ? (.manual, .manual) : (.dhcp, .dhcp)
        }
        if !isIPv4, bytes.0 == 0xFE, bytes.1 & 0xC0 == 0x80 {
            return (.wellKnown, isRandom ? .random : isPermanent ? .linkLayerAddress : .other)
        }
        if isPermanent { return (.manual, .manual) }
        // From here on a guess: the kernel does not say who made it. DHCP clients give IPv6 addresses the whole prefix.
        if isIPv4 || address.prefix_length == 128 { return (.dhcp, .dhcp) }
        return (.routerAdvertisement, isRandom ? .random : .linkLayerAddress)
    }
}

extension InterfaceAddress.State {
    /// The first that matches: an optimistic address is in use while the search goes on.
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
    /// The kind of the interface as a number of the IANA's ifType, which Windows uses.
    public var windowsInterfaceType: UInt16 {
        switch Int(interfaceType) {
        case CLINUX_TYPE_ETHERNET: 6
        case CLINUX_TYPE_LOOPBACK: 24
        case CLINUX_TYPE_PPP: 23
        case CLINUX_TYPE_TUNNEL_FIRST...CLINUX_TYPE_TUNNEL_LAST, CLINUX_TYPE_NONE: 131
        default: 1
        }
    }
}
