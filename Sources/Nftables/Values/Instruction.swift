// SPDX-License-Identifier: GPL-2.0-or-later

/// An expression that works on any registers of the kernel's register file. Only read, never written.
///
/// A register is given by the byte at which it begins in the file of 64 bytes. Numbers are those of
/// linux/netfilter/nf_tables.h.
public indirect enum Instruction: Hashable, Sendable {
    /// NFT_META_*
    case meta(UInt32, to: UInt8)
    case payload(base: UInt32, offset: UInt32, length: UInt32, to: UInt8)
    /// NFT_CT_*
    case connection(UInt32, to: UInt8)
    /// Asks the routing table: NFT_FIB_RESULT_*, NFTA_FIB_F_*.
    case route(result: UInt32, flags: UInt32, to: UInt8)
    /// Loads something of which only the expression's name is known.
    case load(String, to: UInt8?)
    /// `to` = `from` & mask ^ xor
    case mask(from: UInt8, to: UInt8, [UInt8], xor: [UInt8])
    case shift(isLeft: Bool, by: UInt32, length: UInt32, from: UInt8, to: UInt8)
    /// Swaps units of this many bytes between host and network order.
    case byteOrder(unit: UInt32, length: UInt32, from: UInt8, to: UInt8)
    case compare(Comparison, from: UInt8, [UInt8])
    case range(isInverted: Bool, from: UInt8, low: [UInt8], high: [UInt8])
    case lookup(set: String, inverted: Bool, from: UInt8)
    case verdictMap(map: String, from: UInt8)
    /// Puts what the map has for `from` into `to`.
    case map(String, from: UInt8, to: UInt8)
    case immediate([UInt8], to: UInt8)
    case setMeta(UInt32, from: UInt8)
    case setConnection(UInt32, from: UInt8)
    /// Uses a named object: NFT_OBJECT_*.
    case object(type: UInt32, name: String)
    case objectMap(String, from: UInt8)
    /// Puts `from` into a set, or takes it out (NFT_DYNSET_OP_*), and does for its element what the expressions say.
    case dynamicSet(String, operation: UInt32, isInverted: Bool, from: UInt8, [Expression])
}
