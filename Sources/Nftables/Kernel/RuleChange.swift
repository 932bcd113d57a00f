// SPDX-License-Identifier: GPL-2.0-or-later
internal import CNftables

/// A rule that a commit added or removed, as its event reports it.
public struct RuleChange: Hashable, Sendable {
    public let chain: ChainName
    /// The handle of the rule.
    public let handle: UInt64
    /// The position of an added rule; nil for a removed rule.
    public let position: Position?
    /// The bytes of the event of an added rule; empty for a removed rule.
    private let message: [UInt8]

    public enum Position: Hashable, Sendable {
        case first
        case last
        /// Directly after the rule with this handle. The same commit may have added that rule too, with a later event.
        case after(handle: UInt64)
        /// The kernel does not report the position (before Linux 5.15).
        case unknown
    }

    init(_ change: cnftables_change, in chain: ChainName, message: cnftables_bytes) {
        self.chain = chain
        handle = unsafe change.handle
        position =
            switch unsafe change.rule_event {
            case CNFTABLES_RULE_REMOVED: nil
            case CNFTABLES_RULE_AFTER: unsafe .after(handle: change.previous)
            case CNFTABLES_RULE_FIRST: .first
            case CNFTABLES_RULE_LAST: .last
            default: .unknown
            }
        self.message =
            position == nil
            ? [] : unsafe Array(UnsafeBufferPointer(start: message.start, count: message.length))
    }

    /// The added rule; nil if it cannot be read.
    public var rule: Rule? {
        var found: [Rule] = []
        let status = unsafe message.withUnsafeBufferPointer { bytes in
            unsafe Rule.read(
                cnftables_bytes(start: bytes.baseAddress, length: bytes.count), of: chain, into: &found)
        }
        return status == 0 ? found.first : nil
    }
}
