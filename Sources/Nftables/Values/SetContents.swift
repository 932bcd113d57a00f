// SPDX-License-Identifier: GPL-2.0-or-later

/// A named or anonymous set or map, with its elements if they were read.
public struct SetContents: Hashable, Sendable {
    /// NFT_SET_* (linux/netfilter/nf_tables.h).
    public var flags: UInt32
    /// The length of a key in bytes.
    public var keyLength: UInt32
    /// The lengths, in bytes, of the fields of a concatenation with ranges.
    public var fields: [UInt32]
    /// The elements, in no order; nil when not read because they change without commits.
    public var entries: [SetEntry]?
    /// The keys that were looked up one by one because the set has too many elements to be read; whether it has any
    /// other key is unknown. nil when all elements were read.
    public var queriedKeys: Set<[UInt8]>?
    /// True when only some keys were looked up because the set has the sources of a blocklist, which change often: later
    /// changes do not matter.
    public var isOfBlocklist = false

    public init(flags: UInt32, keyLength: UInt32, fields: [UInt32] = [], entries: [SetEntry]? = nil) {
        self.flags = flags
        self.keyLength = keyLength
        self.fields = fields
        self.entries = entries
    }

    /// NFT_SET_ANONYMOUS: true for a set that belongs to the one rule that uses it.
    public var isAnonymous: Bool { flags & 1 != 0 }
    /// NFT_SET_INTERVAL: true when elements are bounds of intervals.
    public var isInterval: Bool { flags & 4 != 0 }
    /// NFT_SET_MAP: true for a map, whose elements have data or verdicts.
    public var isMap: Bool { flags & 8 != 0 }
    /// NFT_SET_TIMEOUT, NFT_SET_EVAL: true when elements come and go without commits.
    public var changesByItself: Bool { flags & 0x30 != 0 }
}
