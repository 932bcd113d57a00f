// SPDX-License-Identifier: Apache-2.0

/// An IPv4 address.
public struct IPv4Address: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bits as a number in host byte order: 127.0.0.1 is 0x7F000001.
    public var bits: UInt32

    public init(bits: UInt32) { self.bits = bits }

    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        bits = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
    }

    /// Reads dotted decimal notation, "192.0.2.1", with any number of leading zeros; nil for other text.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        // `isNumber` excludes a sign, which UInt8 would accept.
        let bytes = parts.compactMap { $0.allSatisfy(\.isNumber) ? UInt8($0) : nil }
        guard parts.count == 4, bytes.count == 4 else { return nil }
        self.init(bits: bytes.reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// Reads four bytes in network byte order; nil for another number of bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 else { return nil }
        self.init(bytes[0], bytes[1], bytes[2], bytes[3])
    }

    /// 0.0.0.0; as the address of a socket, every address of the host.
    public static let wildcard = IPv4Address(bits: 0)

    /// The four bytes in network byte order.
    public var bytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> UInt32($0)) } }

    /// True for 127.0.0.0/8.
    public var isLoopback: Bool { bits >> 24 == 127 }

    /// True for 224.0.0.0/4.
    public var isMulticast: Bool { bits >> 28 == 0xE }

    public var description: String { bytes.map { String($0) }.joined(separator: ".") }
}
