// SPDX-License-Identifier: GPL-2.0-or-later

/// An expression on any register of the kernel's register file. All cases occur in rules that are read; only
/// `payload`, `connection` and `mask` are also written.
///
/// `from` is the register that is read, `to` the one that is written. A register is given by the offset of its
/// first byte in the register file of 64 bytes. Numbers are those of linux/netfilter/nf_tables.h. Lengths and
/// offsets are in bytes.
public indirect enum Instruction: Hashable, Sendable {
    /// Loads a packet property (NFT_META_*).
    case meta(UInt32, to: UInt8)
    /// Loads bytes of a header (`base` is NFT_PAYLOAD_*).
    case payload(base: UInt32, offset: UInt32, length: UInt32, to: UInt8)
    /// Loads a property of the tracked connection (NFT_CT_*). If `isReply`, an address or port is that of the reply's
    /// packets.
    case connection(UInt32, isReply: Bool = false, to: UInt8)
    /// Loads a result of a look-up in the routing table (NFT_FIB_RESULT_*, NFTA_FIB_F_*).
    case route(result: UInt32, flags: UInt32, to: UInt8)
    /// Loads a value that has no case. The string has nft's words for the value or, if those are not known, the
    /// kernel's name of the expression. `to` is nil if the expression names no register that exists.
    case load(String, to: UInt8?)
    /// `to` = (`from` & mask) ^ xor
    case mask(from: UInt8, to: UInt8, [UInt8], xor: [UInt8])
    /// Shifts by a number of bits.
    case shift(isLeft: Bool, by: UInt32, length: UInt32, from: UInt8, to: UInt8)
    /// Swaps units of `unit` bytes between host and network byte order.
    case byteOrder(unit: UInt32, length: UInt32, from: UInt8, to: UInt8)
    case compare(Comparison, from: UInt8, [UInt8])
    /// Continues if `from` is between `low` and `high`, both included; if inverted, when it is not.
    case range(isInverted: Bool, from: UInt8, low: [UInt8], high: [UInt8])
    case lookup(set: String, inverted: Bool, from: UInt8)
    case verdictMap(map: String, from: UInt8)
    /// Stores the datum that the map has for `from` in `to`.
    case map(String, from: UInt8, to: UInt8)
    /// Stores these bytes in `to`.
    case immediate([UInt8], to: UInt8)
    /// Sets a packet property (NFT_META_*).
    case setMeta(UInt32, from: UInt8)
    /// Sets a property of the tracked connection (NFT_CT_*).
    case setConnection(UInt32, from: UInt8)
    /// Writes bytes of a header (`base` is NFT_PAYLOAD_*).
    case setPayload(base: UInt32, offset: UInt32, length: UInt32, from: UInt8)
    /// Applies a named object; `type` is NFT_OBJECT_*.
    case object(type: UInt32, name: String)
    /// Applies the named object that the map has for `from`.
    case objectMap(String, from: UInt8)
    /// Adds `from` to a set, updates its element there, or removes it (NFT_DYNSET_OP_*), and evaluates the
    /// expressions of the element. An addition or update continues if it succeeds; if inverted, when it fails.
    case dynamicSet(String, operation: UInt32, isInverted: Bool, from: UInt8, [Expression])
}
