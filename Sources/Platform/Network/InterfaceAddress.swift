// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import TeredoProtocol

/// A unicast address of an interface, as the kernel lists it.
public struct InterfaceAddress: Hashable, Sendable {
    /// The flags of an address; the bits are the kernel's (IFA_F_*).
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// IPv6: the host part is random and is replaced from time to time (RFC 8981). IPv4: the address is secondary.
        public static let temporary = Flags(rawValue: UInt32(CLINUX_IFA_TEMPORARY))
        /// The address may be used during duplicate address detection.
        public static let optimistic = Flags(rawValue: UInt32(CLINUX_IFA_OPTIMISTIC))
        /// Duplicate address detection has found another host with the address.
        public static let duplicate = Flags(rawValue: UInt32(CLINUX_IFA_DAD_FAILED))
        /// New connections should no longer use the address.
        public static let deprecated = Flags(rawValue: UInt32(CLINUX_IFA_DEPRECATED))
        /// Duplicate address detection has not ended.
        public static let tentative = Flags(rawValue: UInt32(CLINUX_IFA_TENTATIVE))
        /// The address has no lifetime.
        public static let permanent = Flags(rawValue: UInt32(CLINUX_IFA_PERMANENT))
        /// The host part is random, but always the same in the network (RFC 7217).
        public static let stablePrivacy = Flags(rawValue: UInt32(CLINUX_IFA_STABLE_PRIVACY))
    }

    /// The origin that the kernel reports for an address (IFAPROT_*).
    public enum Origin: Hashable, Sendable {
        /// The kernel does not report the origin.
        case unknown
        /// The kernel, for a loopback interface.
        case loopback
        /// The kernel, for the prefix in a router advertisement.
        case routerAdvertisement
        /// The kernel, for an address in fe80::/10.
        case linkLocal
        /// A program that manages addresses, such as a DHCP client.
        case program
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
    public var flags: Flags
    public var origin: Origin
    /// The time for which the address stays, in seconds from now; the largest number means no end.
    public var validLifetime: UInt32
    /// The time after which new connections should no longer use the address, in seconds as ``validLifetime``.
    public var preferredLifetime: UInt32
    /// True for an address in fe80::/10, which is useful only together with an interface.
    public var isLinkLocal: Bool
    /// True for an address that is valid on this host only, such as ::1 (RT_SCOPE_HOST).
    public var isHostLocal: Bool
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
        flags = Flags(rawValue: address.flags)
        origin = Origin(number: address.protocol)
        validLifetime = address.valid_lifetime
        preferredLifetime = address.preferred_lifetime
        isLinkLocal = !isIPv4 && address.scope == UInt8(CLINUX_SCOPE_LINK)
        isHostLocal = address.scope == UInt8(CLINUX_SCOPE_HOST)
        // The kernel reports hundredths of a second since boot.
        created =
            address.created == .max ? nil : bootTime + .milliseconds(Int64(address.created) * 10)
    }

    private static func name(of link: clinux_link) -> String {
        unsafe withUnsafeBytes(of: link.name) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

extension InterfaceAddress.Origin {
    /// The origin for an IFAPROT_* number.
    fileprivate init(number: UInt8) {
        switch Int(number) {
        case 0: self = .unknown
        case CLINUX_PROTOCOL_LOOPBACK: self = .loopback
        case CLINUX_PROTOCOL_ROUTER: self = .routerAdvertisement
        case CLINUX_PROTOCOL_LINK_LOCAL: self = .linkLocal
        default: self = .program
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
