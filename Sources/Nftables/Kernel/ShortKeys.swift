// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc

/// The keys of two bytes that are in a set, as single elements or in intervals. Needs the same memory for any
/// number of keys.
struct ShortKeys {
    private static let count = Int(UInt16.max) + 1
    /// For each key, true if there is an element with this key, or an interval that begins there.
    private var begins = [Bool](repeating: false, count: count)
    /// For each key, true if an interval ends directly before it.
    private var ends = [Bool](repeating: false, count: count)
    /// True if there is a catch-all element.
    private var hasCatchAll = false

    /// Records the elements in a message. Returns 0 or −errno.
    mutating func read(_ message: cnftables_bytes) -> CInt {
        unsafe cnftables_entry.each(in: message) { entry in
            guard let key = unsafe entry.key.number else {
                if unsafe entry.key.start == nil { hasCatchAll = true }
                return
            }
            if unsafe entry.isIntervalEnd { ends[key] = true } else { begins[key] = true }
        }
    }

    /// The keys as the smallest possible number of ranges, and the catch-all element if there is one. In a set
    /// without intervals, each element is one key.
    func entries(areIntervals: Bool) -> [SetEntry] {
        var entries = hasCatchAll ? [SetEntry(nil)] : []
        var first: Int?
        for key in 0..<Self.count {
            let isAfterRange = areIntervals ? ends[key] && !begins[key] : !begins[key]
            if isAfterRange, let start = first {
                entries.append(Self.entry(start, key - 1))
                first = nil
            }
            if begins[key], first == nil { first = key }
        }
        if let first { entries.append(Self.entry(first, Self.count - 1)) }
        return entries
    }

    /// The range from `first` to `last`, both included.
    private static func entry(_ first: Int, _ last: Int) -> SetEntry {
        func bytes(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
        return SetEntry(bytes(first), keyEnd: bytes(last))
    }
}

extension cnftables_bytes {
    /// The bytes as a number in network byte order; nil unless there are two.
    fileprivate var number: Int? {
        guard unsafe start != nil && length == 2 else { return nil }
        return unsafe Int(start[0]) << 8 | Int(start[1])
    }
}
