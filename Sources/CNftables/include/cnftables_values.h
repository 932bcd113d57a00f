// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_VALUES_H
#define CNFTABLES_VALUES_H

#include <stddef.h>
#include <stdint.h>

/// Bytes in a buffer that belongs to somebody else. `start` may be NULL when `length` is 0.
struct cnftables_bytes {
    const uint8_t *start;
    size_t length;
};

/// Registers are given by where they begin in the kernel's register file, in bytes: both views of it, that of four
/// registers of 16 bytes and that of sixteen of 4, are one number.
enum {
    CNFTABLES_REGISTERS_SIZE = 64,
    /// No register, or one that is not in the file.
    CNFTABLES_NO_REGISTER = 0xff,
};

/// What an expression of a rule does, as far as it is told apart.
///
/// Those up to TARGET are written, on the first register; and PAYLOAD, CT and MASK, on registers of 4 bytes.
enum cnftables_kind {
    /// No expression: the list has ended.
    CNFTABLES_END = 0,
    /// Any other expression. `name` is the kernel's name for it, or what it changes: "payload set", "exthdr set"; what
    /// passes only above a bound is "limit over", "quota over", "connlimit over".
    CNFTABLES_OTHER,
    /// Loads a packet property into `destination`: `code` is NFT_META_*.
    CNFTABLES_META,
    /// Loads `length` bytes at `offset` of a header into `destination`: `code` is NFT_PAYLOAD_*.
    CNFTABLES_PAYLOAD,
    /// Compares `source` with `data`: `code` is NFT_CMP_*.
    CNFTABLES_COMPARE,
    /// Looks `source` up in the set `name`: `code` is 1 when inverted, else 0.
    CNFTABLES_LOOKUP,
    /// Looks `source` up in the map `name`, whose verdict is done. Only read.
    CNFTABLES_DISPATCH,
    /// Counts: `packets`, `octets`.
    CNFTABLES_COUNTER,
    /// Ends or leaves the rule: `code` is one of CNFTABLES_DROP..., `name` the chain of a jump or goto.
    CNFTABLES_VERDICT,
    CNFTABLES_LOG,
    CNFTABLES_REJECT,
    /// Passes below a rate.
    CNFTABLES_LIMIT,
    /// The xtables extension `name`, `code` its revision, `data` its private structure.
    CNFTABLES_MATCH,
    CNFTABLES_TARGET,
    /// Sets a packet property from `source`: `code` is NFT_META_*.
    CNFTABLES_META_SET,
    /// Loads what connection tracking knows: `code` is NFT_CT_*.
    CNFTABLES_CT,
    /// Sets it from `source`.
    CNFTABLES_CT_SET,
    /// Asks the routing table: `code` is NFT_FIB_RESULT_*, `offset` NFTA_FIB_F_*.
    CNFTABLES_FIB,
    /// Loads something that only `name`, the kernel's name of the expression, tells.
    CNFTABLES_LOAD,
    /// `destination` = (`source` & `data`) ^ `second`, over `length` bytes.
    CNFTABLES_MASK,
    /// Shifts `length` bytes by the number in `data` (host order), to the left when `code` is 1.
    CNFTABLES_SHIFT,
    /// Swaps units of `offset` bytes over `length` bytes, between host and network order.
    CNFTABLES_BYTEORDER,
    /// Passes what is between `data` and `second`, both included; when `code` is 1, what is not.
    CNFTABLES_RANGE,
    /// Puts `data` into `destination`.
    CNFTABLES_IMMEDIATE,
    /// Looks `source` up in the map `name` and puts its datum into `destination`.
    CNFTABLES_MAP,
    /// Uses the object `name` of type `code` (NFT_OBJECT_*).
    CNFTABLES_OBJECT,
    /// Uses the object that the map `name` has for `source`.
    CNFTABLES_OBJECT_MAP,
    /// Puts `source` into the set `name`: `code` is NFT_DYNSET_OP_*. `offset` is NFT_DYNSET_F_*; `data` is the
    /// expressions that each element has: a list, or when `length` is 1 one for cnftables_read_expression.
    CNFTABLES_DYNSET,
};

/// One expression, to be written or as read. Fields that the kind does not mention are 0, registers that it does not
/// mention CNFTABLES_NO_REGISTER or, in one that is to be written, anything.
struct cnftables_expression {
    enum cnftables_kind kind;
    int32_t code;
    uint32_t offset;
    uint32_t length;
    uint64_t packets;
    uint64_t octets;
    /// Where what is worked on comes from, and where it goes.
    uint8_t source;
    uint8_t destination;
    /// Without a terminating NUL.
    struct cnftables_bytes name;
    struct cnftables_bytes data;
    struct cnftables_bytes second;
};

/// Verdict codes (NF_*, NFT_*).
enum cnftables_verdict {
    CNFTABLES_DROP = 0,
    CNFTABLES_ACCEPT = 1,
    CNFTABLES_CONTINUE = -1,
    CNFTABLES_JUMP = -3,
    CNFTABLES_GOTO = -4,
    CNFTABLES_RETURN = -5,
};

/// What an element of any set or map says.
struct cnftables_entry {
    /// NFT_SET_ELEM_*
    uint32_t flags;
    /// Whether it has a verdict.
    uint8_t has_verdict;
    int32_t verdict;
    /// The chain of a jump or goto.
    struct cnftables_bytes chain;
    /// Absent for the element that stands for all the others.
    struct cnftables_bytes key;
    /// The end of a range of concatenations, included.
    struct cnftables_bytes key_end;
    /// The datum that a map has for it, if that is no verdict.
    struct cnftables_bytes data;
    /// The object that a map has for it.
    struct cnftables_bytes object;
};

/// A port in a set of ports, or an address and a port in a set of both (`ipv4_addr . inet_service`).
struct cnftables_element {
    /// Host byte order; 0 in a set of ports.
    uint32_t address;
    /// Host byte order.
    uint16_t port;
    /// 1 in a set of addresses and ports, else 0.
    uint8_t has_address;
    /// Milliseconds; 0 for ever.
    uint64_t timeout;
    /// Milliseconds left, as read; 0 without a timeout. Not written.
    uint64_t expiration;
};

#endif
