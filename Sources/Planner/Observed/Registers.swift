// SPDX-License-Identifier: GPL-2.0-or-later

/// The registers in which the expressions of one rule store values: 16 cells of 4 bytes.
struct Registers {
    /// The value stored at each cell; a value longer than 4 bytes covers the following cells.
    private var cells = [Bits?](repeating: nil, count: 16)

    mutating func put(_ bits: Bits, at register: UInt8) {
        let first = Int(register) / 4
        guard first < cells.count else { return }
        cells[first] = bits
        var next = first + 1
        while next < cells.count, (next - first) * 4 < bits.count {
            cells[next] = nil
            next += 1
        }
    }

    /// `length` bytes from `register` on; bytes that were never written are unknown.
    func get(_ register: UInt8, _ length: Int) -> Bits {
        let first = Int(register) / 4
        guard first < cells.count, length > 0 else { return Bits(unknown: max(length, 1), .other) }
        if let bits = cells[first], bits.count >= length {
            return bits.count == length ? bits : bits[0..<length]
        }
        var result = Bits(unknown: 0, [])
        var cell = first
        while result.count < length {
            guard cell < cells.count, let bits = cells[cell] else {
                append(Bits(unknown: 4, .other), to: &result)
                cell += 1
                continue
            }
            append(bits, to: &result)
            // The kernel fills the last cell of a value with zeros.
            let rest = (4 - bits.count % 4) % 4
            if rest > 0 { append(Bits(known: Array(repeating: 0, count: rest), []), to: &result) }
            cell += (bits.count + 3) / 4
        }
        return result.count == length ? result : result[0..<length]
    }

    /// The values that make up `length` bytes from `register` on, each with the properties it depends on.
    func parts(_ register: UInt8, _ length: Int) -> [(range: Range<Int>, facets: Facets)] {
        var parts: [(range: Range<Int>, facets: Facets)] = []
        var (cell, start) = (Int(register) / 4, 0)
        while start < length {
            let bits = cell < cells.count ? cells[cell] : nil
            let count = max(bits?.count ?? 4, 1)
            parts.append((start..<min(start + count, length), bits?.facets ?? .other))
            start += (count + 3) / 4 * 4
            cell += (count + 3) / 4
        }
        return parts
    }

    /// The complete value stored at `register`.
    func whole(_ register: UInt8) -> Bits {
        let first = Int(register) / 4
        guard first < cells.count, let bits = cells[first] else { return Bits(unknown: 16, .other) }
        return bits
    }

    private func append(_ bits: Bits, to result: inout Bits) {
        result.bytes += bits.bytes
        result.known += bits.known
        result.assumed += bits.assumed
        result.facets.formUnion(bits.facets)
        result.isReduced = result.isReduced || bits.isReduced
    }
}
