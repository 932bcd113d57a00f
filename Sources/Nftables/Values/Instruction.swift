// SPDX-License-Identifier: GPL-2.0-or-later

/// An expression on any register of the kernel's register file. Mostly read; only `payload`, `connection` and
/// `mask` are also written.
///
/// A register is given by the offset of its first byte in the register file of 64 bytes. Numbers are those of
/// linux/netfilter/nf_tables.h.
public indirect enum Instruction: Hashable, Sendable {
    /// NFT_META_*
    case meta(UInt32, to: UInt8)
    case payload(base: UInt32, offset: UInt32, length: UInt32, to: UInt8)
    /// NFT_CT_*
    case connection(UInt32, to: UInt8)
    /// Looks up the routing table (NFT_FIB_RESULT_*, NFTA_FIB_F_*).
    case route(result: UInt32, flags: UInt32, to: UInt8)
    /// Loads a value that is not modelled; the string is the expression's name.
    case load(String, to: UInt8?)
    /// `to` = `from` & mask ^ xor
    case mask(from: UInt8, to: UInt8, [UInt8], xor: [UInt8])
    case shift(isLeft: Bool, by: UInt32, length: UInt32, from: UInt8, to: UInt8)
    /// Swaps units of `unit` bytes between host and network byte order.
    case byteOrder(unit: UInt32, length: UInt32, from: UInt8, to: UInt8)
    case compare(Comparison, from: UInt8, [UInt8])
    case range(isInverted: Bool, from: UInt8, low: [UInt8], high: [UInt8])
    case lookup(set: String, inverted: Bool, from: UInt8)
    case verdictMap(map: String, from: UInt8)
    /// Stores the datum that the map has for `from` in `to`.
    case map(String, from: UInt8, to: UInt8)
    case immediate([UInt8], to: UInt8)
    case setMeta(UInt32, from: UInt8)
    case setConnection(UInt32, from: UInt8)
    /// Applies a named object; `type` is NFT_OBJECT_*.
    case object(type: UInt32, name: String)
    case objectMap(String, from: UInt8)
    /// Adds `from` to a set, updates or removes it (NFT_DYNSET_OP_*), and evaluates the expressions of its
    /// element.
    case dynamicSet(String, operation: UInt32, isInverted: Bool, from: UInt8, [Expression])
}
