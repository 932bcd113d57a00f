// SPDX-License-Identifier: GPL-2.0-or-later

/// One expression of a rule.
///
/// What works through the first register has a case of its own, as rules that we write use no other; the rest is an
/// ``instruction(_:)``. What is not understood is ``other(_:)``, never guessed.
public enum Expression: Hashable, Sendable {
    /// Loads a packet property into the register (`meta load`).
    case meta(MetaKey)
    /// Loads bytes of a header into the register.
    case payload(PayloadBase, offset: UInt32, length: UInt32)
    /// Goes on only when the register compares so with these bytes (network order as on the wire, host order
    /// for meta values).
    case compare(Comparison, [UInt8])
    /// Goes on only when the register is in the named set (or, inverted, is not).
    case lookup(set: String, inverted: Bool)
    /// Does what the map says for what is in the register (`vmap`). Only read.
    case verdictMap(map: String)
    /// Has the packet traced (`meta nftrace set 1`). Only written: a listing shows it as ``other(_:)``.
    case trace
    case counter(packets: UInt64, bytes: UInt64)
    case verdict(Verdict)
    case log
    case reject
    /// A rate limit: lets up to so many packets a second go on in the rule.
    case limit
    /// An xtables match (`-m name`) with its raw data.
    case match(name: String, revision: UInt32, data: [UInt8])
    /// An xtables target (`-j NAME`) with its raw data.
    case target(name: String, revision: UInt32, data: [UInt8])
    /// Works on other registers, or is never written by us.
    case instruction(Instruction)
    /// Any other expression by the kernel's name; those that change something carry it, as "payload set", and those
    /// that pass above a bound, as "limit over".
    case other(String)
}

/// The packet properties that planning tells apart. Raw values are NFT_META_*.
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

/// Raw values are NFT_PAYLOAD_*.
public enum PayloadBase: UInt32, Hashable, Sendable {
    case link = 0
    case network = 1
    case transport = 2
}

/// Raw values are NFT_CMP_*.
public enum Comparison: UInt32, Hashable, Sendable {
    case equal = 0
    case notEqual = 1
    case less = 2
    case lessOrEqual = 3
    case greater = 4
    case greaterOrEqual = 5
}

public enum Verdict: Hashable, Sendable {
    case accept
    case drop
    case `continue`
    case `return`
    case jump(String)
    case goto(String)
}
