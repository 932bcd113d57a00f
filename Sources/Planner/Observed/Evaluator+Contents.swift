// SPDX-License-Identifier: GPL-2.0-or-later
internal import Nftables
internal import TeredoProtocol

/// The xtables matches of contents, of rarely used fields, and of samples. Offsets are those in the structures of
/// linux/netfilter/xt_*.h.
extension Evaluator {
    /// The matches that depend on parts of the packet that rules may have rewritten.
    static let matchesOfContents: Set<String> = ["dscp", "ecn", "tos", "ttl", "u32"]

    /// Evaluates struct xt_statistic_info.
    func statistic(_ info: XtablesBytes) -> Condition {
        // At random, or every nth packet, with n - 1 in the structure.
        let isRandom = info.short(0) == 0
        let share =
            isRandom ? min(Double(info.word(4)) / 0x8000_0000, 1) : 1 / (Double(info.word(4)) + 1)
        let selected = info.short(2) & 1 != 0 ? 1 - share : share
        if selected == 0 { return (.no, .rate) }
        return selected == 1 ? (.yes, []) : (selected > 0.5 ? .likely : .unlikely, .rate)
    }

    /// Evaluates struct xt_ecn_info.
    func ecn(_ info: XtablesBytes) -> Condition {
        // XT_ECN_OP_MATCH_IP; the others are about flags of TCP.
        let (operation, inverted) = (info.byte(0), info.byte(1))
        if operation & ~1 != 0 {
            return packets.transport == IPProtocol.tcp ? (.unlikely, .ordinary) : (.no, .transport)
        }
        // A stranger's packet is assumed not to be capable of ECN.
        let truth: Truth = info.byte(2) == 0 ? .likely : .unlikely
        return (inverted & 1 != 0 ? truth.inverted : truth, .ordinary)
    }

    /// Evaluates struct xt_u32: the condition that each of some words of the packet is in one of its ranges.
    func u32(_ info: XtablesBytes) -> Condition {
        let (testSize, rangesOffset, counts, end) = (180, 88, 176, 1980)
        var result: Condition = (.yes, [])
        for test in 0..<min(Int(info.byte(end)), 11) {
            let start = test * testSize
            guard let word = word(info, start, steps: Int(info.byte(start + counts))) else {
                return (.unlikely, .other)
            }
            let ranges = (0..<min(Int(info.byte(start + counts + 1)), 11)).map {
                start + rangesOffset + 8 * $0
            }
            let truths = ranges.map {
                word.isWithin(info.word($0).networkOrderBytes, info.word($0 + 4).networkOrderBytes)
            }
            let truth = [Truth.yes, .likely, .unlikely].first(where: truths.contains) ?? .no
            result = (result.truth.and(truth), result.facets.union(word.facets))
        }
        return (info.byte(end + 1) != 0 ? result.truth.inverted : result.truth, result.facets)
    }

    /// The word that a test of struct xt_u32 is about; nil if its place is unknown.
    private func word(_ info: XtablesBytes, _ start: Int, steps: Int) -> Bits? {
        var base = 0
        var word = packets.bits(1, Int(info.word(start)), 4)
        for step in 1..<max(min(steps, 11), 1) {
            let number = info.word(start + 8 * step)
            switch info.byte(start + 8 * step + 4) {
            case 0: word = word.masked(number.networkOrderBytes, xor: [0, 0, 0, 0])
            case 1: word = word.shiftedWord { number < 32 ? $0 << number : 0 }
            case 2: word = word.shiftedWord { number < 32 ? $0 >> number : 0 }
            default:
                // The word is a distance: the number is the offset from there.
                guard word.isKnown else { return nil }
                base += Int(UInt32(networkOrder: word.bytes))
                word = packets.bits(1, base + Int(number), 4)
            }
        }
        return word
    }
}

extension Bits {
    /// The bits of a word in network byte order after a shift, which brings in zeros.
    fileprivate func shiftedWord(_ shift: (UInt32) -> UInt32) -> Bits {
        var result = self
        let kept = shift(.max)
        result.bytes = shift(UInt32(networkOrder: bytes)).networkOrderBytes
        result.known = (shift(UInt32(networkOrder: known)) | ~kept).networkOrderBytes
        result.assumed = (shift(UInt32(networkOrder: assumed)) | ~kept).networkOrderBytes
        result.isReduced = true
        return result
    }
}

extension UInt32 {
    fileprivate init(networkOrder bytes: [UInt8]) { self = bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    fileprivate var networkOrderBytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> UInt32($0)) }
    }
}
