// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_VALUES_H
#define CNFTABLES_VALUES_H

#include <stddef.h>
#include <stdint.h>

/// Bytes in a buffer that another object owns. `start` may be NULL when `length` is 0.
struct cnftables_bytes {
    const uint8_t *start;
    size_t length;
};

/// A register is given by the offset of its first byte in the kernel's register file. This covers both of the
/// kernel's numberings: four registers of 16 bytes, and sixteen of 4 bytes.
enum {
    CNFTABLES_REGISTERS_SIZE = 64,
    /// No register, or one that does not exist.
    CNFTABLES_NO_REGISTER = 0xff,
};

/// The kinds of expressions that are distinguished. An expression that "continues" passes the packet to the next
/// expression; otherwise the rule does not match the packet.
///
/// Writable are META, COMPARE and LOOKUP, always on the first register, whatever `source` and `destination` are;
/// PAYLOAD, CT and MASK, on registers of 4 bytes; COUNTER, VERDICT, MATCH and TARGET.
enum cnftables_kind {
    /// No expression: the end of a list.
    CNFTABLES_END = 0,
    /// Any other expression. `name` is the kernel's name or, if it changes something, "payload set" or
    /// "exthdr set"; for inverted bounds "limit over", "quota over", "connlimit over". Bounds that every packet exceeds
    /// are named "quota, spent", "quota over, spent", "connlimit, 0" and "connlimit over, 0".
    CNFTABLES_OTHER,
    /// Loads a packet property into `destination`: `code` is NFT_META_*.
    CNFTABLES_META,
    /// Loads `length` bytes at `offset` of a header into `destination`: `code` is NFT_PAYLOAD_*.
    CNFTABLES_PAYLOAD,
    /// Continues if the comparison of `source` with `data` holds: `code` is NFT_CMP_*.
    CNFTABLES_COMPARE,
    /// Continues if `source` is in the set `name`; if `code` is 1, when it is not.
    CNFTABLES_LOOKUP,
    /// Looks up `source` in the verdict map `name` and applies the verdict. Read only.
    CNFTABLES_VERDICT_MAP,
    /// Counts `packets` and `octets`.
    CNFTABLES_COUNTER,
    /// Ends the rule: `code` is one of CNFTABLES_DROP…, `name` the chain of a jump or goto.
    CNFTABLES_VERDICT,
    CNFTABLES_LOG,
    CNFTABLES_REJECT,
    /// Continues while the rate of packets or bytes is below a limit.
    CNFTABLES_LIMIT,
    /// The xtables match `name`: `code` is its revision, `data` its private structure.
    CNFTABLES_MATCH,
    /// The xtables target `name`, with the same fields.
    CNFTABLES_TARGET,
    /// Sets a packet property from `source`: `code` is NFT_META_*.
    CNFTABLES_META_SET,
    /// Loads a property of the tracked connection into `destination`: `code` is NFT_CT_*, `offset` IP_CT_DIR_* (read
    /// only).
    CNFTABLES_CT,
    /// Sets a property of the tracked connection from `source`: `code` is NFT_CT_*.
    CNFTABLES_CT_SET,
    /// Writes `length` bytes of `source` at `offset` of a header: `code` is NFT_PAYLOAD_*.
    CNFTABLES_PAYLOAD_SET,
    /// Loads a result of a look-up in the routing table into `destination`: `code` is NFT_FIB_RESULT_*, `offset`
    /// has the flags NFTA_FIB_F_*.
    CNFTABLES_FIB,
    /// Loads into `destination` a value that is described by `name` only: nft's words for it ("rt ipsec", "ip option
    /// exists") or, if those are not known, the kernel's name of the expression. An unknown operation on a register
    /// also has a `source`.
    CNFTABLES_LOAD,
    /// `destination` = (`source` & `data`) ^ `second`, over `length` bytes.
    CNFTABLES_MASK,
    /// `destination` = `length` bytes of `source`, shifted to the left if `code` is 1, else to the right. `data` is the
    /// number of bits (32 bits, host byte order).
    CNFTABLES_SHIFT,
    /// `destination` = `length` bytes of `source`, in units of `offset` bytes that are swapped between host and network
    /// byte order.
    CNFTABLES_BYTEORDER,
    /// Continues if `source` is between `data` and `second`, both included; if `code` is 1, when it is not.
    CNFTABLES_RANGE,
    /// Loads `data` into `destination`.
    CNFTABLES_IMMEDIATE,
    /// Looks up `source` in the map `name` and loads the datum into `destination`.
    CNFTABLES_MAP,
    /// Applies the named object `name` of type `code` (NFT_OBJECT_*).
    CNFTABLES_OBJECT,
    /// Applies the object that the map `name` has for `source`.
    CNFTABLES_OBJECT_MAP,
    /// Adds `source` to the set `name`, updates its element there, or removes it: `code` is NFT_DYNSET_OP_*,
    /// `offset` is NFT_DYNSET_F_*. `data` has the expressions of the element: if `length` is 1, one for
    /// `cnftables_read_expression`, else a list for `cnftables_next_expression`.
    CNFTABLES_DYNSET,
};

/// One expression, as read or to be written. When it is written, the fields that its kind does not mention are ignored.
/// When it is read, such registers are CNFTABLES_NO_REGISTER, such a `name` is the kernel's name of the expression or
/// absent, and other such fields are 0.
struct cnftables_expression {
    enum cnftables_kind kind;
    int32_t code;
    uint32_t offset;
    uint32_t length;
    uint64_t packets;
    uint64_t octets;
    /// The registers that the expression reads and writes.
    uint8_t source;
    uint8_t destination;
    /// The name, without a NUL.
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

/// An element of a set or map of any type.
struct cnftables_entry {
    /// NFT_SET_ELEM_*
    uint32_t flags;
    /// 1 when the element has a verdict.
    uint8_t has_verdict;
    int32_t verdict;
    /// The chain of a jump or goto.
    struct cnftables_bytes chain;
    /// The key; absent for the catch-all element.
    struct cnftables_bytes key;
    /// The last key, included, of a range of concatenations.
    struct cnftables_bytes key_end;
    /// The datum of a map element, unless it is a verdict.
    struct cnftables_bytes data;
    /// The name of the object of an element in an object map.
    struct cnftables_bytes object;
};

/// An element of a set of ports (`inet_service`), of a set of addresses with ports (`ipv4_addr . inet_service`), or of
/// a set of protocols (`inet_proto`).
struct cnftables_element {
    /// The address in host byte order; 0 without `has_address`.
    uint32_t address;
    /// The port in host byte order; in a set of protocols, the protocol number.
    uint16_t port;
    /// 1 in a set of addresses with ports, else 0.
    uint8_t has_address;
    /// 1 in a set of protocols, else 0.
    uint8_t is_protocol;
    /// The lifetime in milliseconds; 0 for no end.
    uint64_t timeout;
    /// The remaining lifetime in milliseconds, as read; 0 without a timeout. Ignored when written.
    uint64_t expiration;
};

#endif
