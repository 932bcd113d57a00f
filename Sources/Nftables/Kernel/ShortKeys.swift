// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables
internal import Glibc

/// The keys of two bytes that are in a set, whether one by one or as intervals: the same few bytes for any number of them.
struct ShortKeys {
    private static let count = Int(UInt16.max) + 1
    /// Whether an interval begins at a key, and whether one ended before it.
    private var begins = [Bool](repeating: false, count: count)
    private var ends = [Bool](repeating: false, count: count)

    /// Takes note of the elements in a message: 0 or −errno.
    mutating func read(_ message: cnftables_bytes) -> CInt {
        unsafe cnftables_entry.each(in: message) { entry in
            guard let key = unsafe entry.key.number else { return }
            if unsafe entry.isIntervalEnd { ends[key] = true } else { begins[key] = true }
        }
    }

    /// The same as ranges, as few as there may be. In a set without intervals a key stands for itself.
    func entries(areIntervals: Bool) -> [SetEntry] {
        var entries: [SetEntry] = []
        var first: Int?
        for key in 0..<Self.count {
            if areIntervals ? ends[key] && !begins[key] : !begins[key], let start = first {
                entries.append(Self.entry(start, key - 1))
                first = nil
            }
            if begins[key], first == nil { first = key }
        }
        if let first { entries.append(Self.entry(first, Self.count - 1)) }
        return entries
    }

    private static func entry(_ first: Int, _ last: Int) -> SetEntry {
        func bytes(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
        return SetEntry(bytes(first), keyEnd: bytes(last))
    }
}

extension cnftables_bytes {
    /// As a number of two bytes, network order.
    fileprivate var number: Int? {
        guard unsafe start != nil && length == 2 else { return nil }
        return unsafe Int(start[0]) << 8 | Int(start[1])
    }
}
