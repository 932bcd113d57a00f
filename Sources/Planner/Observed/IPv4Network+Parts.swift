// SPDX-License-Identifier: GPL-2.0-or-later
internal import TeredoProtocol

extension IPv4Network {
    /// The networks that together have all addresses below 224.0.0.0, the first group.
    static let unicast = [(0, 1), (128, 2), (192, 3)].map { first, length in
        IPv4Network(IPv4Address(first, 0, 0, 0), prefixLength: length)
    }

    /// The networks that together have the addresses of this network which none of the others contains.
    func without(_ others: [IPv4Network]) -> [IPv4Network] {
        let inside = others.filter { $0.prefixLength > prefixLength && contains($0.address) }
        if others.contains(where: { $0.prefixLength <= prefixLength && $0.contains(address) }) { return [] }
        if inside.isEmpty { return [self] }
        let half = prefixLength + 1
        return [first.bits, first.bits | 1 << UInt32(32 - half)].flatMap {
            IPv4Network(IPv4Address(bits: $0), prefixLength: half).without(inside)
        }
    }

    private func contains(_ other: IPv4Address) -> Bool { (other.bits ^ address.bits) & mask.bits == 0 }
}
