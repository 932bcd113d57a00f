// SPDX-License-Identifier: GPL-2.0-or-later

/// One expression of a rule. An expression that "continues" passes the packet to the next expression;
/// otherwise the rule does not match the packet.
///
/// Expressions on the first register ("the register" below), which are most of those in our rules, have cases
/// of their own; the rest are ``instruction(_:)``. Unknown expressions are ``other(_:)``; their effect is never
/// guessed. Only expressions of a ``Statement`` can be written.
public enum Expression: Hashable, Sendable {
    /// Loads a packet property into the register (`meta`).
    case meta(MetaKey)
    /// Loads bytes of a header into the register.
    case payload(PayloadBase, offset: UInt32, length: UInt32)
    /// Continues only if the comparison of the register with these bytes holds (network byte order for header
    /// fields, host byte order for meta values).
    case compare(Comparison, [UInt8])
    /// Continues only if the register is in the set with this name (if inverted: is not). Here and in other cases, a
    /// name that begins with `__` is that of an anonymous set.
    case lookup(set: String, inverted: Bool)
    /// Applies the verdict that the map has for the value in the register (`vmap`).
    case verdictMap(map: String)
    /// Turns on tracing of the packet (`meta nftrace set 1`). Written only; a listing shows it as two instructions,
    /// ``Instruction/immediate(_:to:)`` and ``Instruction/setMeta(_:from:)``.
    case trace
    case counter(packets: UInt64, bytes: UInt64)
    case verdict(Verdict)
    case log
    case reject
    /// A rate limit: continues while the rate of packets or bytes is below the limit.
    case limit
    /// An xtables match (`-m name`) with its raw data.
    case match(name: String, revision: UInt32, data: [UInt8])
    /// An xtables target (`-j NAME`) with its raw data.
    case target(name: String, revision: UInt32, data: [UInt8])
    /// An expression on other registers, or of a kind that has no case here.
    case instruction(Instruction)
    /// Any other expression, by the kernel's name. Expressions that change a packet are named "payload set" or
    /// "exthdr set"; those that continue above a bound, "limit over", "quota over" or "connlimit over". A bound that every
    /// packet exceeds is named "quota, spent", "quota over, spent", "connlimit, 0" or "connlimit over, 0".
    case other(String)
}

/// The packet properties that `Planner` distinguishes. Raw values are NFT_META_*.
public enum MetaKey: UInt32, Hashable, Sendable {
    case interfaceIndexIn = 4
    case interfaceIndexOut = 5
    case interfaceNameIn = 6
    case interfaceNameOut = 7
    case socketUser = 10
    case familyProtocol = 15
    case layer4Protocol = 16
    case packetType = 19
}

/// The header that an offset counts from. Raw values are NFT_PAYLOAD_*.
public enum PayloadBase: UInt32, Hashable, Sendable {
    case link = 0
    case network = 1
    case transport = 2
}

/// A comparison. Raw values are NFT_CMP_*.
public enum Comparison: UInt32, Hashable, Sendable {
    case equal = 0
    case notEqual = 1
    case less = 2
    case lessOrEqual = 3
    case greater = 4
    case greaterOrEqual = 5
}
