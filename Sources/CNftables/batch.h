// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_INTERNAL_BATCH_H
#define CNFTABLES_INTERNAL_BATCH_H

#include <stdbool.h>

#include "cnftables_batch.h"

struct nftnl_rule;
struct nftnl_set;
struct nlmsghdr;

struct cnftables_batch {
    /// The encoded messages.
    uint8_t *start;
    size_t length;
    size_t capacity;

    /// The sequence number of BATCH_BEGIN, which is message 0; message n has sequence + n.
    uint32_t sequence;
    /// The numbers of messages, including BATCH_BEGIN, and of complete operations so far.
    uint32_t messages;
    uint32_t operations;
    /// At index n - 1, the number of the operation to which message n belongs.
    uint32_t *operation_of;
    size_t operation_capacity;
    /// The offset of the last message that belongs to an operation; 0 when there is none.
    size_t last_offset;
    /// The ID that the newest set has within the transaction (NFTA_SET_ID); 0 when there is none.
    uint32_t last_set_id;
    /// True when BATCH_END has been written: nothing can be added.
    bool finished;

    /// The open rule, or NULL, and the properties of its message. `rule_size` is the number of bytes to reserve
    /// for the message; each expression adds to it.
    struct nftnl_rule *rule;
    uint16_t rule_flags;
    uint8_t rule_family;
    size_t rule_size;

    /// The failures of the last commit.
    struct cnftables_failure *failures;
    size_t failure_count;
    size_t failure_capacity;
};

enum {
    /// Bytes reserved for a message apart from its strings, the expressions of a rule, and elements: the
    /// header, a dozen integers, the headers and the padding of attributes.
    BATCH_MESSAGE_FRAME = 384,
    /// The longest name, without NUL (NFT_NAME_MAXLEN).
    BATCH_NAME_MAX = 255,
    /// The longest comment, without NUL (NFTNL_UDATA_COMMENT_MAXLEN).
    BATCH_COMMENT_MAX = 127,
};

/// Checks the length of a name, without NUL. Returns 0 or -ENAMETOOLONG.
int cnftables_check_name(const char *name);

/// Makes all checks that are common to operations; `comment` may be NULL. Returns 0 or the first error: -EINVAL when
/// the batch is finished or a rule is open, -ENAMETOOLONG, or -E2BIG.
int cnftables_check_operation(
    const struct cnftables_batch *batch, const char *table, const char *name, const char *comment);

/// The bytes to reserve for a message with these strings, any of which may be NULL.
size_t cnftables_message_size(const char *table, const char *name, const char *comment);

/// Writes the attributes of an object of libnftnl into a message.
typedef void cnftables_writer(struct nlmsghdr *message, void *object);

/// Adds a message, whose attributes `write` takes from `object`; `type` is NFT_MSG_*. Aborts the process when the
/// message is larger than `size`. Returns 0 or -ENOMEM.
int cnftables_put_message(
    struct cnftables_batch *batch, size_t size, uint16_t type, uint8_t family, uint16_t flags,
    cnftables_writer *write, void *object);

/// Adds an operation that consists of one message; otherwise like `cnftables_put_message`.
int cnftables_put_operation(
    struct cnftables_batch *batch, size_t size, uint16_t type, uint8_t family, uint16_t flags,
    cnftables_writer *write, void *object);

/// Makes an nftnl set with this name, which stands for a set or for a list of its elements (sets.c). Returns NULL when
/// memory is short.
struct nftnl_set *cnftables_make_set(const char *table, const char *name);

/// Records that the kernel refused the message with this sequence number. `code` and `offset` are those of
/// `struct cnftables_failure`. Returns false when memory is short.
bool cnftables_batch_add_failure(
    struct cnftables_batch *batch, uint32_t sequence, int32_t code, uint32_t offset);

#endif
