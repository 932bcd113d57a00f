// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables

/// Bytes of which not all bits are known.
///
/// What is not known may still be assumed of a stranger: an ordinary length, a mark that nobody set.
struct Bits: Hashable {
    var bytes: [UInt8]
    /// 1 for each bit that is known.
    var known: [UInt8]
    /// 1 for each bit that is known, or assumed of a stranger.
    var assumed: [UInt8]
    var facets: Facets

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

    /// Whether it begins with these bytes.
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

    /// Whether it lies between these, both included, as numbers of network order.
    func isWithin(_ low: [UInt8], _ high: [UInt8]) -> Truth {
        let (least, most) = (bound(known, 0x00), bound(known, 0xFF))
        if Self.isLess(most, low) || Self.isLess(high, least) { return .no }
        if !Self.isLess(least, low), !Self.isLess(high, most) { return .yes }
        return share(within: low, high) > 0.5 ? .likely : .unlikely
    }

    /// How much of what a stranger may have lies between these: from 0 to 1.
    func share(within low: [UInt8], _ high: [UInt8]) -> Double {
        let (least, most) = (Self.number(bound(assumed, 0x00)), Self.number(bound(assumed, 0xFF)))
        let (from, to) = (max(least, Self.number(low)), min(most, Self.number(high)))
        return from > to ? 0 : (to - from + 1) / (most - least + 1)
    }

    /// The least or greatest that the bits outside a mask allow.
    private func bound(_ mask: [UInt8], _ fill: UInt8) -> [UInt8] {
        (0..<count).map { bytes[$0] & mask[$0] | fill & ~mask[$0] }
    }

    private static func number(_ bytes: [UInt8]) -> Double {
        bytes.prefix(16).reduce(0) { $0 * 256 + Double($1) }
    }

    static func isLess(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.lexicographicallyPrecedes(right)
    }

    /// Compares as the kernel does: byte by byte.
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

    func masked(_ mask: [UInt8], xor: [UInt8]) -> Bits {
        var result = self
        for index in mask.indices where index < count {
            result.bytes[index] = bytes[index] & mask[index] ^ xor[index]
            result.known[index] |= ~mask[index]
            result.assumed[index] |= ~mask[index]
        }
        return result
    }

    /// With each whole unit of so many bytes turned round; nft -o has the kernel swap units of 2 in a single byte.
    func swapped(unit: Int) -> Bits {
        guard unit > 1 else { return Bits(unknown: count, facets) }
        let whole = count - count % unit
        func turned(_ list: [UInt8]) -> [UInt8] {
            stride(from: 0, to: whole, by: unit).flatMap { list[$0..<$0 + unit].reversed() } + list[whole...]
        }
        var result = self
        result.bytes = turned(bytes)
        result.known = turned(known)
        result.assumed = turned(assumed)
        return result
    }
}
