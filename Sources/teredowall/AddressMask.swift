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

    /// The word with a name for the address that it is, or that stands before a port (6.6.6.2:3544) or is embedded
    /// in it (::ffff:6.6.6.2).
    private mutating func replacement(of word: Substring) -> String {
        // A full stop or single colon at the end is punctuation.
        var core = word
        while core.hasSuffix(".") || core.hasSuffix(":") && (!core.hasSuffix("::") || core.hasSuffix(":::")) {
            core.removeLast()
        }
        let text = String(core)
        let tail = word.dropFirst(core.count)
        if Self.isHardwareAddress(text) { return name("MAC", for: text) + tail }
        if Self.isIPv6Address(text) { return name("IPV6", for: text) + tail }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { part in
            let part = String(part)
            guard let address = IPv4Address(part), !address.isReserved else { return part }
            return name("IPV4", for: part)
        }
        return parts.joined(separator: ":") + tail
    }

    private mutating func name(_ kind: String, for text: String) -> String {
        let name = names[text] ?? "<\(kind)-\(names.count + 1)>"
        names[text] = name
        return name
    }

    private static func mayBelongToAddress(_ character: Character) -> Bool {
        character.isHexDigit || character == "." || character == ":"
    }

    private static func isHardwareAddress(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 6 && parts.allSatisfy { $0.count == 2 && $0.allSatisfy(\.isHexDigit) }
    }

    /// True for an IPv6 address: unlike times and ports behind names, it has "::" or eight groups. Loopback,
    /// link-local and multicast addresses are excluded, since they identify no one; so are those that are no more
    /// than an IPv4 address (::ffff:6.6.6.2).
    private static func isIPv6Address(_ text: String) -> Bool {
        var groups = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        if let last = groups.last, IPv4Address(String(last)) != nil {
            if groups.dropLast().allSatisfy({ $0.isEmpty || $0 == "ffff" || Int($0) == 0 }) { return false }
            // An IPv4 address stands for two groups.
            groups.removeLast()
            groups += ["0", "0"]
        }
        // Splitting at "::" makes one or two empty groups.
        guard groups.count >= 3, groups.count <= 9, groups.allSatisfy({ $0.count <= 4 }),
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
