// SPDX-License-Identifier: Apache-2.0
internal import Platform

extension UnicastAddress {
    /// The origins of an address's prefix and host part. The origin that the kernel reports takes
    /// precedence. Without a reported origin, loopback and link-local addresses are recognised, and the
    /// others are guessed.
    static func origins(of address: InterfaceAddress) -> (PrefixOrigin, SuffixOrigin) {
        let isRandom = !address.flags.isDisjoint(with: [.temporary, .stablePrivacy])
        let isPermanent = address.flags.contains(.permanent)
        let bytes = address.bytes
        let isIPv4 = bytes.count == 4
        let isLoopback = isIPv4 ? bytes[0] == 127 : address.isHostLocal && address.prefixLength == 128
        if isLoopback || address.origin == .loopback { return (.wellKnown, .wellKnown) }
        switch address.origin {
        case .linkLocal: return (.wellKnown, isRandom ? .random : .linkLayerAddress)
        case .routerAdvertisement: return (.routerAdvertisement, isRandom ? .random : .linkLayerAddress)
        case .program: return isPermanent ? (.manual, .manual) : (.dhcp, .dhcp)
        case .unknown, .loopback: break
        }
        // fe80::/10
        if !isIPv4, bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 {
            return (.wellKnown, isRandom ? .random : isPermanent ? .linkLayerAddress : .other)
        }
        if isPermanent { return (.manual, .manual) }
        // From here on a guess, as the kernel reports no origin. DHCP clients add IPv6 addresses with prefix
        // length 128.
        if isIPv4 || address.prefixLength == 128 { return (.dhcp, .dhcp) }
        return (.routerAdvertisement, isRandom ? .random : .linkLayerAddress)
    }
}

extension UnicastAddress.State {
    /// The state for the kernel's flags. An optimistic address does not count as tentative, because it may be used
    /// during duplicate address detection.
    init(_ flags: InterfaceAddress.Flags) {
        if flags.contains(.duplicate) {
            self = .duplicate
        } else if flags.contains(.tentative) && !flags.contains(.optimistic) {
            self = .tentative
        } else if flags.contains(.deprecated) {
            self = .deprecated
        } else {
            self = .preferred
        }
    }
}
