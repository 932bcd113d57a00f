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

/// What an expression of a rule does, as far as it is told apart.
///
/// All but OTHER work through the first register; the same expression on another register is OTHER.
enum cnftables_kind {
    /// No expression: the list has ended.
    CNFTABLES_END = 0,
    /// Any other expression. `name` is the kernel's name for it, or what it changes: "meta set",
    /// "payload set", "ct set", "exthdr set"; a lookup that yields data is "map"; a limit
    /// that what is above it passes is "limit over".
    CNFTABLES_OTHER,
    /// Loads a packet property: `code` is NFT_META_*.
    CNFTABLES_META,
    /// Loads `length` bytes at `offset` of a header: `code` is NFT_PAYLOAD_*.
    CNFTABLES_PAYLOAD,
    /// Compares with `data`: `code` is NFT_CMP_*.
    CNFTABLES_COMPARE,
    /// Looks up in the set `name`: `code` is 1 when inverted, else 0.
    CNFTABLES_LOOKUP,
    /// Looks up in the map `name`, whose verdict is done. Only read.
    CNFTABLES_DISPATCH,
    /// Counts: `packets`, `octets`.
    CNFTABLES_COUNTER,
    /// Ends or leaves the rule: `code` is one of CNFTABLES_DROP..., `name` the chain of a jump or goto.
    CNFTABLES_VERDICT,
    CNFTABLES_LOG,
    CNFTABLES_REJECT,
    CNFTABLES_LIMIT,
    /// The xtables extension `name`, `code` its revision, `data` its private structure.
    CNFTABLES_MATCH,
    CNFTABLES_TARGET,
};

/// One expression, to be written or as read. Fields that the kind does not mention are 0.
struct cnftables_expression {
    enum cnftables_kind kind;
    int32_t code;
    uint32_t offset;
    uint32_t length;
    uint64_t packets;
    uint64_t octets;
    /// Without a terminating NUL.
    struct cnftables_bytes name;
    struct cnftables_bytes data;
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

/// A port in a set of ports.
struct cnftables_element {
    /// Host byte order.
    uint16_t port;
    /// Milliseconds; 0 for ever.
    uint64_t timeout;
    /// Milliseconds left, as read; 0 without a timeout. Not written.
    uint64_t expiration;
};

#endif
