// SPDX-License-Identifier: GPL-2.0-or-later
internal import TeredoProtocol

/// Replaces the addresses in texts by numbered names. Equal addresses get the same name.
struct AddressMask {
    private var names: [String: String] = [:]

    /// Returns the text with addresses masked. Addresses of private and reserved networks are kept: they
    /// identify no one, and make a report easier to read.
    mutating func masked(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(where: { Self.mayBelongToAddress($0) }) {
            result += rest[..<start]
            let end = rest[start...].firstIndex { !Self.mayBelongToAddress($0) } ?? rest.endIndex
            result += replacement(of: rest[start..<end])
            rest = rest[end...]
        }
        return result + rest
    }

    /// The name for a word that is an address; otherwise the word.
    private mutating func replacement(of word: Substring) -> String {
        // A full stop or colon at the end is punctuation.
        let core = word.reversed().drop { $0 == "." || $0 == ":" }.reversed()
        let text = String(core)
        let tail = word.dropFirst(core.count)
        let kind: String
        if let address = IPv4Address(text) {
            if address.isReserved { return String(word) }
            kind = "IPV4"
        } else if Self.isHardwareAddress(text) {
            kind = "MAC"
        } else if Self.isIPv6Address(text) {
            kind = "IPV6"
        } else {
            return String(word)
        }
        let name = names[text] ?? "<\(kind)-\(names.count + 1)>"
        names[text] = name
        return name + tail
    }

    private static func mayBelongToAddress(_ character: Character) -> Bool {
        character.isHexDigit || character == "." || character == ":"
    }

    private static func isHardwareAddress(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 6 && parts.allSatisfy { $0.count == 2 && $0.allSatisfy(\.isHexDigit) }
    }

    /// True for an IPv6 address: unlike times and ports behind names, it has "::" or eight groups. Loopback,
    /// link-local and multicast addresses are excluded, since they identify no one.
    private static func isIPv6Address(_ text: String) -> Bool {
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        guard groups.count >= 3, groups.count <= 8, groups.allSatisfy({ $0.count <= 4 }),
            text.contains("::") || groups.count == 8
        else { return false }
        return !["::", "::1"].contains(text) && !text.lowercased().hasPrefix("fe80:")
            && !text.lowercased().hasPrefix("ff")
    }
}

extension IPv4Address {
    /// True for loopback, private (RFC 1918), link-local, multicast, unspecified, broadcast and documentation
    /// networks.
    fileprivate var isReserved: Bool {
        // Each network with the length of its prefix.
        let networks: [(IPv4Address, UInt32)] = [
            (IPv4Address(0, 0, 0, 0), 8), (IPv4Address(10, 0, 0, 0), 8), (IPv4Address(127, 0, 0, 0), 8),
            (IPv4Address(169, 254, 0, 0), 16), (IPv4Address(172, 16, 0, 0), 12),
            (IPv4Address(192, 0, 2, 0), 24), (IPv4Address(192, 168, 0, 0), 16),
            (IPv4Address(198, 51, 100, 0), 24), (IPv4Address(203, 0, 113, 0), 24),
            (IPv4Address(224, 0, 0, 0), 4), (IPv4Address(255, 255, 255, 255), 32),
        ]
        return networks.contains { network, length in (bits ^ network.bits) >> (32 - length) == 0 }
    }
}
