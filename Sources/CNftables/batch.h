// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef BATCH_H
#define BATCH_H

#include <stdbool.h>

#include "cnftables_batch.h"

struct nftnl_rule;
struct nlmsghdr;

struct cnftables_batch {
    uint8_t *start;
    size_t length;
    size_t capacity;

    /// Sequence number of BATCH_BEGIN; message n has sequence + n.
    uint32_t sequence;
    uint32_t messages;
    uint32_t operations;
    /// For each message but BATCH_BEGIN, its operation.
    uint32_t *operation_of;
    size_t operation_capacity;
    /// Where the last message starts.
    size_t last;
    /// Room that was made for the message being written.
    size_t message_room;
    uint32_t next_set_id;
    bool finished;

    /// The rule that is open, or NULL, and what is known of its message.
    struct nftnl_rule *rule;
    uint16_t rule_flags;
    uint8_t rule_family;
    size_t rule_size;

    struct cnftables_failure *failures;
    size_t failure_count;
    size_t failure_capacity;
};

enum {
    /// Room for a message apart from its strings, a rule's expressions, and elements: the header, the heads
    /// and padding of attributes, a dozen integers.
    BATCH_MESSAGE_FRAME = 384,
    /// Longest name without NUL (NFT_NAME_MAXLEN).
    BATCH_NAME_MAX = 255,
    /// Longest comment without NUL (NFTNL_UDATA_COMMENT_MAXLEN).
    BATCH_COMMENT_MAX = 127,
};

/// Whether another operation may be added now.
int batch_check_open(const struct cnftables_batch *batch);

/// 0, -ENAMETOOLONG or -E2BIG.
int batch_check_name(const char *name);
int batch_check_comment(const char *comment);

/// Checks what every operation is checked for; `comment` may be NULL.
int batch_check(
    const struct cnftables_batch *batch, const char *table, const char *name, const char *comment);

/// Room for a message with these strings, any of which may be NULL.
size_t batch_message_size(const char *table, const char *name, const char *comment);

/// Makes room for a message of at most `size` bytes and writes its header; `type` is NFT_MSG_*. The message
/// counts only after `batch_commit_message`.
int batch_start_message(
    struct cnftables_batch *batch, size_t size, uint16_t type, uint8_t family, uint16_t flags,
    struct nlmsghdr **message);
void batch_commit_message(struct cnftables_batch *batch, const struct nlmsghdr *message);

/// Notes a failure; false when memory is short.
bool batch_add_failure(struct cnftables_batch *batch, uint32_t sequence, int32_t code, uint32_t offset);

#endif
