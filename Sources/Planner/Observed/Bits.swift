// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

/// A byte string of which only some bits are known.
///
/// An unknown bit may still have an assumed value: the one that a stranger's packet has, such as an
/// ordinary length or a mark of 0.
struct Bits: Hashable {
    var bytes: [UInt8]
    /// A 1 for each bit whose value is known.
    var known: [UInt8]
    /// A 1 for each bit whose value is known or assumed.
    var assumed: [UInt8]
    /// The properties of the packet that the bytes are part of.
    var facets: Facets
    /// True if a mask or shift has removed bits of the packet, so that the bytes are not the entire property.
    var isReduced = false

    var count: Int { bytes.count }

    init(known bytes: [UInt8], _ facets: Facets) {
        self.bytes = bytes
        known = Array(repeating: 0xFF, count: bytes.count)
        assumed = known
        self.facets = facets
    }

    init(assumed bytes: [UInt8], _ facets: Facets) {
        self.bytes = bytes
        known = Array(repeating: 0, count: bytes.count)
        assumed = Array(repeating: 0xFF, count: bytes.count)
        self.facets = facets
    }

    /// An address in a known network.
    init(known network: IPv4Network, _ facets: Facets) {
        self.init(assumed: network, facets)
        known = assumed
    }

    /// An address in an assumed network.
    init(assumed network: IPv4Network, _ facets: Facets) {
        self.init(assumed: network.address.bytes, facets)
        assumed = network.mask.bytes
    }

    init(unknown count: Int, _ facets: Facets) {
        bytes = Array(repeating: 0, count: count)
        known = bytes
        assumed = bytes
        self.facets = facets
    }

    subscript(range: Range<Int>) -> Bits {
        var part = self
        part.bytes = Array(bytes[range])
        part.known = Array(known[range])
        part.assumed = Array(assumed[range])
        return part
    }

    var isAssumed: Bool { assumed.allSatisfy { $0 == 0xFF } }
    var isKnown: Bool { known.allSatisfy { $0 == 0xFF } }

    // MARK: Conditions

    /// Whether the bytes are those of `value`. If one of the two is longer, only as many bytes as the other has
    /// are compared.
    func equals(_ value: [UInt8]) -> Truth {
        var isCertain = true
        var isLikely = true
        for index in value.indices where index < count {
            let difference = bytes[index] ^ value[index]
            if difference & known[index] != 0 { return .no }
            if known[index] != 0xFF { isCertain = false }
            if difference & assumed[index] != 0 || assumed[index] != 0xFF { isLikely = false }
        }
        return isCertain ? .yes : isLikely ? .likely : .unlikely
    }

    /// Whether the bytes, as a number in network byte order, lie between two bounds, both included.
    func isWithin(_ low: [UInt8], _ high: [UInt8]) -> Truth {
        let (least, most) = (bound(known, 0x00), bound(known, 0xFF))
        if Self.isLess(most, low) || Self.isLess(high, least) { return .no }
        if !Self.isLess(least, low), !Self.isLess(high, most) { return .yes }
        // Likely if most of the values possible for a stranger lie between the bounds.
        return strangerShare(within: low, high) > 0.5 ? .likely : .unlikely
    }

    /// The fraction, 0 to 1, of the values possible for a stranger that lie between two bounds, both
    /// included.
    func strangerShare(within low: [UInt8], _ high: [UInt8]) -> Double {
        let (least, most) = (Self.number(lowest), Self.number(highest))
        let (from, to) = (max(least, Self.number(low)), min(most, Self.number(high)))
        return from > to ? 0 : (to - from + 1) / (most - least + 1)
    }

    /// The least and the greatest value that is possible for a stranger.
    var lowest: [UInt8] { bound(assumed, 0x00) }
    var highest: [UInt8] { bound(assumed, 0xFF) }

    /// The bytes with every bit outside `mask` taken from `fill`: the least possible value for 0x00, the
    /// greatest for 0xFF.
    private func bound(_ mask: [UInt8], _ fill: UInt8) -> [UInt8] {
        (0..<count).map { bytes[$0] & mask[$0] | fill & ~mask[$0] }
    }

    /// The bytes as a number in network byte order. Of more than 16 bytes, the size of the largest numbers (IPv6
    /// addresses), only the first 16 count.
    private static func number(_ bytes: [UInt8]) -> Double {
        bytes.prefix(16).reduce(0) { $0 * 256 + Double($1) }
    }

    /// Compares two numbers of the same length in network byte order.
    static func isLess(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.lexicographicallyPrecedes(right)
    }

    /// The result of the comparison with `value`. Numbers are compared byte by byte, as the kernel compares them.
    func compares(_ comparison: Comparison, _ value: [UInt8]) -> Truth {
        let part = value.count <= count ? self[0..<value.count] : self
        let zero = [UInt8](repeating: 0, count: part.count)
        switch comparison {
        case .equal: return part.equals(value)
        case .notEqual: return part.equals(value).inverted
        case .lessOrEqual: return part.isWithin(zero, value)
        case .greater: return part.isWithin(zero, value).inverted
        case .greaterOrEqual: return part.isWithin(value, zero.map { _ in 0xFF })
        case .less: return part.isWithin(value, zero.map { _ in 0xFF }).inverted
        }
    }

    // MARK: Arithmetic

    /// The result of `bytes & mask ^ xor`. The bits outside `mask` are known afterwards: those of `xor`.
    func masked(_ mask: [UInt8], xor: [UInt8]) -> Bits {
        var result = self
        for index in mask.indices where index < count {
            result.bytes[index] = bytes[index] & mask[index] ^ xor[index]
            result.known[index] |= ~mask[index]
            result.assumed[index] |= ~mask[index]
            if mask[index] != 0xFF { result.isReduced = true }
        }
        return result
    }

    /// The exclusive or of the bytes and those of `other`, which are as many.
    func xor(_ other: Bits) -> Bits {
        var result = self
        for index in 0..<min(count, other.count) {
            result.bytes[index] ^= other.bytes[index]
            result.known[index] &= other.known[index]
            result.assumed[index] &= other.assumed[index]
        }
        result.isReduced = isReduced || other.isReduced
        return result
    }

    /// The bytes with each complete unit of `unit` bytes reversed. The bytes of an incomplete last unit stay as they
    /// are: rules written by `nft -o` swap units of 2 bytes in a single byte.
    func swapped(unit: Int) -> Bits {
        // The kernel has no such units.
        guard unit > 1 else { return Bits(unknown: count, facets) }
        let whole = count - count % unit
        func reversed(_ list: [UInt8]) -> [UInt8] {
            stride(from: 0, to: whole, by: unit).flatMap { list[$0..<$0 + unit].reversed() } + list[whole...]
        }
        var result = self
        result.bytes = reversed(bytes)
        result.known = reversed(known)
        result.assumed = reversed(assumed)
        return result
    }
}
