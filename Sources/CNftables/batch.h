// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef BATCH_H
#define BATCH_H

#include <stdbool.h>

#include "cnftables_batch.h"

struct nftnl_rule;
struct nlmsghdr;

struct cnftables_batch {
    /// The encoded messages.
    uint8_t *start;
    size_t length;
    size_t capacity;

    /// The sequence number of BATCH_BEGIN, which is message 0; message n has sequence + n.
    uint32_t sequence;
    /// How many messages, including BATCH_BEGIN, and how many complete operations there are so far.
    uint32_t messages;
    uint32_t operations;
    /// At index n - 1, the number of the operation to which message n belongs.
    uint32_t *operation_of;
    size_t operation_capacity;
    /// The offset of the last message that belongs to an operation; 0 when there is none.
    size_t last_offset;
    /// The number of bytes reserved for the message being written.
    size_t message_room;
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

/// Returns 0 if another operation may be added now, else -EINVAL.
int batch_check_open(const struct cnftables_batch *batch);

/// Check the length of a name or a comment, without NUL; `comment` may be NULL. Return 0, -ENAMETOOLONG or -E2BIG.
int batch_check_name(const char *name);
int batch_check_comment(const char *comment);

/// Makes all checks that are common to operations; `comment` may be NULL. Returns 0 or the first error.
int batch_check(
    const struct cnftables_batch *batch, const char *table, const char *name, const char *comment);

/// The bytes to reserve for a message with these strings, any of which may be NULL.
size_t batch_message_size(const char *table, const char *name, const char *comment);

/// Reserves `size` bytes for a message and writes its header; `type` is NFT_MSG_*. The message becomes part
/// of the batch only with `batch_commit_message`, which aborts the process when the message is larger than
/// `size`. Returns 0 or -ENOMEM.
int batch_start_message(
    struct cnftables_batch *batch, size_t size, uint16_t type, uint8_t family, uint16_t flags,
    struct nlmsghdr **message);
void batch_commit_message(struct cnftables_batch *batch, const struct nlmsghdr *message);

/// Records that the kernel refused the message with this sequence number. `code` and `offset` are those of
/// `struct cnftables_failure`. Returns false when memory is short.
bool batch_add_failure(struct cnftables_batch *batch, uint32_t sequence, int32_t code, uint32_t offset);

#endif
