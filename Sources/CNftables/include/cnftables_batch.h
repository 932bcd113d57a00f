// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_BATCH_H
#define CNFTABLES_BATCH_H

#include "cnftables_values.h"

/// A transaction that is being encoded or, once finished, can be passed to `cnftables_commit`.
///
/// Every table, chain, set, list of elements and rule that is added, flushed or deleted below is one *operation*;
/// they are numbered from 0 in the order of the calls. A rule is added by several calls, from
/// `cnftables_begin_rule` to `cnftables_end_rule`. All these functions return 0 or
/// - -ENOMEM;
/// - -ENAMETOOLONG when a name has more than 255 bytes;
/// - -E2BIG when a comment has more than 127 bytes, or a rule cannot fit into one message;
/// - -EINVAL when the transaction is already finished, or a rule is open; for the calls that continue or end a
///   rule, when none is open.
/// After a failure the batch can only be passed to `cnftables_batch_close`.
///
/// Strings are NUL-terminated and copied. `family` is NFPROTO_*. Adding an object that exists with the same
/// properties is no error for the kernel; a rule is added again.
struct cnftables_batch;

/// The value of `operation` in a failure when the kernel refused the transaction as a whole.
#define CNFTABLES_WHOLE UINT32_MAX

/// The value of `offset` in a failure when the kernel did not report the attribute.
#define CNFTABLES_NO_OFFSET UINT32_MAX

/// One refusal of the kernel.
struct cnftables_failure {
    /// The number of the operation, or CNFTABLES_WHOLE.
    uint32_t operation;
    /// A positive errno.
    int32_t code;
    /// The offset of the refused attribute from the start of the operation's message, or CNFTABLES_NO_OFFSET.
    uint32_t offset;
};

/// Makes an empty transaction. Its first message has the sequence number `sequence`, the others the numbers that
/// follow (see `cnftables_next_sequence`). If `generation` is not 0, the kernel applies the transaction only while
/// its ruleset is at that generation. Returns 0 or -ENOMEM.
int cnftables_batch_open(uint32_t sequence, uint32_t generation, struct cnftables_batch **batch);

/// Frees the batch; does nothing for NULL.
void cnftables_batch_close(struct cnftables_batch *batch);

/// Finishes the transaction: nothing can be added any more. Returns 0, -ENOMEM, or -EINVAL when it is already
/// finished or a rule is open.
int cnftables_batch_finish(struct cnftables_batch *batch);

/// Prepares a finished transaction for another `cnftables_commit`: gives its first message this sequence
/// number, and the other messages the numbers that follow. Returns 0, or -EINVAL when it is not finished.
int cnftables_batch_renumber(struct cnftables_batch *batch, uint32_t sequence);

/// Replaces two bytes of a finished transaction, at this offset into `cnftables_batch_bytes`, by a port, which is
/// given in host byte order and written in network byte order. Returns 0, or -EINVAL when it is not finished or
/// the offset is too large.
int cnftables_batch_set_port(struct cnftables_batch *batch, size_t offset, uint16_t port);

/// The encoded messages, valid until the batch changes.
struct cnftables_bytes cnftables_batch_bytes(const struct cnftables_batch *batch);

/// The number of refusals at the last `cnftables_commit`; `*failures`, their array, is valid until the batch
/// changes.
size_t
cnftables_batch_failures(const struct cnftables_batch *batch, const struct cnftables_failure **failures);

/// Adds a table; `flags` are NFT_TABLE_F_*, `comment` may be NULL.
int cnftables_add_table(
    struct cnftables_batch *batch, uint8_t family, const char *name, uint32_t flags, const char *comment);
int cnftables_delete_table(struct cnftables_batch *batch, uint8_t family, const char *name);

/// The properties of a base chain.
struct cnftables_hook {
    /// NF_INET_*
    uint32_t number;
    int32_t priority;
    /// CNFTABLES_DROP or CNFTABLES_ACCEPT.
    uint32_t policy;
    /// "filter", "nat", "route"
    const char *type;
    /// The interface, for a hook of one interface (NF_INET_INGRESS); else NULL.
    const char *device;
};

/// Adds a chain; `hook` is NULL for a regular chain, `comment` may be NULL.
int cnftables_add_chain(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *name,
    const struct cnftables_hook *hook, const char *comment);
/// Removes all rules of the chain.
int cnftables_flush_chain(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name);
int cnftables_delete_chain(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *name);

/// The properties of a set.
struct cnftables_set_type {
    /// nft's number of the key's data type.
    uint32_t key_type;
    /// The length of a key in bytes.
    uint32_t key_length;
    /// NFT_SET_*
    uint32_t flags;
    /// nft's number of the key's byte order: 1 host, 2 network. The kernel only stores it for nft's listing.
    uint32_t byte_order;
};

/// Adds a named set; `comment` may be NULL.
int cnftables_add_set(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *name,
    const struct cnftables_set_type *type, const char *comment);
/// Removes all elements; an empty set is no error.
int cnftables_flush_set(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name);
int cnftables_delete_set(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name);

/// Adds `count` elements to a set, in as many messages as needed but as one operation.
int cnftables_add_elements(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *set,
    const struct cnftables_element *elements, size_t count);

/// The position of a new rule.
enum cnftables_position {
    CNFTABLES_FIRST,
    CNFTABLES_LAST,
    /// Before or after the rule with a given handle.
    CNFTABLES_BEFORE,
    CNFTABLES_AFTER,
};

/// Opens a rule, which together with its expressions and `cnftables_end_rule` is one operation. `handle` is used for
/// CNFTABLES_BEFORE and CNFTABLES_AFTER only; `comment` may be NULL. A `compat_protocol` other than 0 is written to
/// NFTA_RULE_COMPAT, from which xtables extensions read the protocol of the rule.
int cnftables_begin_rule(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *chain,
    enum cnftables_position position, uint64_t handle, uint32_t compat_protocol, const char *comment);
/// Appends an expression to the open rule. Also returns -EOPNOTSUPP for kinds that cannot be written (see
/// `enum cnftables_kind`), -E2BIG when `data` is too long for the kind, and -EINVAL when a name contains a NUL, a
/// register does not exist, or the `length` of a CNFTABLES_MASK exceeds 64 or is not that of `data` and `second`.
int cnftables_add_expression(struct cnftables_batch *batch, const struct cnftables_expression *expression);
/// Appends the expressions of `meta nftrace set 1` to the open rule: the kernel traces the packet from there
/// on.
int cnftables_add_trace(struct cnftables_batch *batch);
int cnftables_end_rule(struct cnftables_batch *batch);
int cnftables_delete_rule(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *chain, uint64_t handle);

#endif
