// SPDX-License-Identifier: GPL-2.0-or-later

/// An element of a set or map, of whatever type.
public struct SetEntry: Hashable, Sendable {
    /// nil for the element that stands for all keys that no other has.
    public var key: [UInt8]?
    /// Of a range of concatenations: its end, included.
    public var keyEnd: [UInt8]?
    /// Whether it only ends the interval that the element before it begins, itself not included.
    public var isIntervalEnd: Bool
    /// The value that a map has for it.
    public var verdict: Verdict?
    public var data: [UInt8]?
    public var object: String?

    public init(
        _ key: [UInt8]?, keyEnd: [UInt8]? = nil, isIntervalEnd: Bool = false, verdict: Verdict? = nil,
        data: [UInt8]? = nil, object: String? = nil
    ) {
        self.key = key
        self.keyEnd = keyEnd
        self.isIntervalEnd = isIntervalEnd
        self.verdict = verdict
        self.data = data
        self.object = object
    }
}

/// A set or map, with or without a name, with what was read of it.
public struct SetContents: Hashable, Sendable {
    /// NFT_SET_*
    public var flags: UInt32
    public var keyLength: UInt32
    /// The lengths of the fields of a ranged concatenation, in bytes.
    public var fields: [UInt32]
    /// In no order; nil when they were not read, as they are too many or change by themselves.
    public var entries: [SetEntry]?

    public init(flags: UInt32, keyLength: UInt32, fields: [UInt32] = [], entries: [SetEntry]? = nil) {
        self.flags = flags
        self.keyLength = keyLength
        self.fields = fields
        self.entries = entries
    }

    /// NFT_SET_ANONYMOUS: it belongs to the one rule that uses it.
    public var isAnonymous: Bool { flags & 1 != 0 }
    public var isInterval: Bool { flags & 4 != 0 }
    public var isMap: Bool { flags & 8 != 0 }
    /// NFT_SET_TIMEOUT, NFT_SET_EVAL: elements come and go without any commit.
    public var changesByItself: Bool { flags & 0x30 != 0 }
}
