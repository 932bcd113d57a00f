// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_BATCH_H
#define CNFTABLES_BATCH_H

#include "cnftables_values.h"

/// A transaction being encoded, then ready for `cnftables_commit`.
///
/// Every `cnftables_add_…`, `…flush…` and `…delete…` below is one *operation*; they are numbered from 0 in
/// the order of the calls. They return 0 or
/// - -ENOMEM;
/// - -ENAMETOOLONG when a name has more than 255 bytes;
/// - -E2BIG when a comment has more than 127 bytes, or a rule cannot fit into one message;
/// - -EINVAL when the transaction is already finished, or a rule is open.
/// After a failure the batch is good for nothing but `cnftables_batch_close`.
///
/// Strings are NUL-terminated and copied. `family` is NFPROTO_*. An add of something that exists with the
/// same properties is no error for the kernel, but a rule is added again.
struct cnftables_batch;

/// What `operation` of a failure is when the kernel refused the transaction as a whole.
#define CNFTABLES_WHOLE UINT32_MAX

/// What `offset` of a failure is when the kernel did not say.
#define CNFTABLES_NO_OFFSET UINT32_MAX

/// One refusal by the kernel.
struct cnftables_failure {
    /// Number of the operation, or CNFTABLES_WHOLE.
    uint32_t operation;
    /// Positive errno.
    int32_t code;
    /// Offset of the refused attribute from the start of the operation's message, or CNFTABLES_NO_OFFSET.
    uint32_t offset;
};

/// Makes an empty transaction. `sequence` is the number of its first message, the rest follow (see
/// `cnftables_next_sequence`). With a `generation` other than 0 the kernel applies it only if its ruleset is
/// still the one of that generation. Returns 0 or -ENOMEM.
int cnftables_batch_open(uint32_t sequence, uint32_t generation, struct cnftables_batch **batch);

/// Frees the batch; NULL is nothing.
void cnftables_batch_close(struct cnftables_batch *batch);

/// Seals the transaction: nothing can be added any more. Returns 0, -ENOMEM, or -EINVAL (sealed already, a
/// rule is open).
int cnftables_batch_finish(struct cnftables_batch *batch);

/// Makes a sealed transaction ready for another `cnftables_commit`: its first message gets this number, the rest
/// follow. Returns 0, or -EINVAL when it is not sealed.
int cnftables_batch_renumber(struct cnftables_batch *batch, uint32_t sequence);

/// Replaces two bytes of a sealed transaction, at this offset, by a port in network byte order. Returns 0, or -EINVAL
/// when it is not sealed or has no two bytes there.
int cnftables_batch_set_port(struct cnftables_batch *batch, size_t offset, uint16_t port);

/// The encoded messages, valid until the batch changes.
struct cnftables_bytes cnftables_batch_bytes(const struct cnftables_batch *batch);

/// How many messages, the frame included: that many sequence numbers it uses.
uint32_t cnftables_batch_messages(const struct cnftables_batch *batch);

/// What the kernel refused in the last `cnftables_commit`; `*failures` is valid until the batch changes.
size_t
cnftables_batch_failures(const struct cnftables_batch *batch, const struct cnftables_failure **failures);

/// A table; `flags` are NFT_TABLE_F_*, `comment` may be NULL.
int cnftables_add_table(
    struct cnftables_batch *batch, uint8_t family, const char *name, uint32_t flags, const char *comment);
int cnftables_delete_table(struct cnftables_batch *batch, uint8_t family, const char *name);

/// What makes a chain a base chain.
struct cnftables_hook {
    /// NF_INET_*
    uint32_t number;
    int32_t priority;
    /// CNFTABLES_DROP or CNFTABLES_ACCEPT.
    uint32_t policy;
    /// "filter", "nat", "route"
    const char *type;
    /// The interface of a hook that belongs to one (NF_INET_INGRESS), else NULL.
    const char *device;
};

/// A chain; `hook` is NULL for one that is only jumped to, `comment` may be NULL.
int cnftables_add_chain(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *name,
    const struct cnftables_hook *hook, const char *comment);
/// Removes every rule of the chain.
int cnftables_flush_chain(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name);
int cnftables_delete_chain(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *name);

/// What a set is, apart from its name.
struct cnftables_set_type {
    /// nft's number of the key's data type.
    uint32_t key_type;
    /// Bytes.
    uint32_t key_length;
    /// NFT_SET_*
    uint32_t flags;
    /// nft's number of the key's byte order: 1 host, 2 network. The kernel only keeps it for nft's listing.
    uint32_t byte_order;
};

/// A named set; `comment` may be NULL.
int cnftables_add_set(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *name,
    const struct cnftables_set_type *type, const char *comment);
/// Removes every element; an empty set is no error.
int cnftables_flush_set(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name);
int cnftables_delete_set(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name);

/// Adds `count` ports to a set of ports, in as many messages as it takes, and still as one operation.
int cnftables_add_elements(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *set,
    const struct cnftables_element *elements, size_t count);

/// Where a rule goes.
enum cnftables_position {
    CNFTABLES_FIRST,
    CNFTABLES_LAST,
    /// Before or after the rule with the given handle.
    CNFTABLES_BEFORE,
    CNFTABLES_AFTER,
};

/// Opens a rule: one operation together with the expressions that follow and `cnftables_end_rule`.
/// `handle` is read for BEFORE and AFTER only, `comment` may be NULL. A `compat_protocol` other than 0 goes
/// into NFTA_RULE_COMPAT, from which xtables extensions learn the rule's protocol.
int cnftables_begin_rule(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *chain,
    enum cnftables_position position, uint64_t handle, uint32_t compat_protocol, const char *comment);
/// Appends an expression to the open rule. -EOPNOTSUPP for the kinds OTHER, LOG, REJECT, LIMIT and END;
/// -E2BIG when `data` is longer than the kind allows; -EINVAL for a name with a NUL inside.
int cnftables_add_expression(struct cnftables_batch *batch, const struct cnftables_expression *expression);
/// Appends to the open rule what makes the kernel trace a packet from here on (`meta nftrace set 1`).
int cnftables_add_trace(struct cnftables_batch *batch);
int cnftables_end_rule(struct cnftables_batch *batch);
int cnftables_delete_rule(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *chain, uint64_t handle);

#endif
