// SPDX-License-Identifier: GPL-2.0-or-later

/// An element of a set or map of any type.
public struct SetEntry: Hashable, Sendable {
    /// The key; nil for the catch-all element, which matches every key without an element of its own.
    public var key: [UInt8]?
    /// The last key, included, of a range of concatenations or of an entry that
    /// ``RulesetConnection/ranges(of:areIntervals:)`` returns; nil for other elements.
    public var keyEnd: [UInt8]?
    /// True for an entry that only marks the end of an interval: its key is the first after the interval, which the
    /// entry with the next smaller key begins.
    public var isIntervalEnd: Bool
    /// The verdict, the datum or the name of the object that a map has for the key.
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
