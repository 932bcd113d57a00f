// SPDX-License-Identifier: GPL-2.0-or-later

/// A named set as listed by the kernel or to be added.
public struct NamedSet: Hashable, Sendable {
    public var name: SetName
    /// The kernel's number of the set in its table; 0 in a set to be added.
    public var handle: UInt64
    /// nft's number of the key's data type; 13 is inet_service.
    public var keyType: UInt32
    /// The length of a key in bytes.
    public var keyLength: UInt32
    /// NFT_SET_* (linux/netfilter/nf_tables.h); 0x10 is NFT_SET_TIMEOUT.
    public var flags: UInt32
    public var comment: String?
    /// The lengths, in bytes, of the fields of a concatenation with ranges. Read only, never written.
    public var fields: [UInt32]
    /// The number of elements; an interval counts as two. nil before Linux 6.17. Read only, never written.
    public var count: UInt32?

    /// NFT_SET_MAP: true for a map, whose elements have data or verdicts.
    public var isMap: Bool { flags & 0x8 != 0 }

    public init(
        _ name: SetName, handle: UInt64 = 0, keyType: UInt32, keyLength: UInt32, flags: UInt32,
        comment: String? = nil, fields: [UInt32] = []
    ) {
        self.name = name
        self.handle = handle
        self.keyType = keyType
        self.keyLength = keyLength
        self.flags = flags
        self.comment = comment
        self.fields = fields
    }

    /// NFT_SET_ANONYMOUS: true for a set that belongs to the one rule that uses it.
    public var isAnonymous: Bool { flags & 1 != 0 }

    /// The set's properties as ``SetContents``, without elements.
    public var contents: SetContents {
        SetContents(flags: flags, keyLength: keyLength, fields: fields)
    }

    /// A set of ports whose elements have timeouts: `type inet_service; flags timeout`.
    public static func timedPorts(_ name: SetName, comment: String? = nil) -> NamedSet {
        NamedSet(name, keyType: 13, keyLength: 2, flags: 0x10, comment: comment)
    }

    /// A set of addresses with ports whose elements have timeouts: `type ipv4_addr . inet_service; flags
    /// timeout`. nft's number of a concatenation consists of those of its fields, six bits each: here 7 and 13.
    public static func timedAddresses(_ name: SetName, comment: String? = nil) -> NamedSet {
        NamedSet(name, keyType: 7 << 6 | 13, keyLength: 8, flags: 0x10, comment: comment)
    }

    /// A set of protocols whose elements have timeouts: `type inet_proto; flags timeout`.
    public static func timedProtocols(_ name: SetName, comment: String? = nil) -> NamedSet {
        NamedSet(name, keyType: 12, keyLength: 1, flags: 0x10, comment: comment)
    }

    /// True if two sets have the same key type, key length and flags.
    public func hasSameType(as other: NamedSet) -> Bool {
        (keyType, keyLength, flags) == (other.keyType, other.keyLength, other.flags)
    }
}
