// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

_Static_assert(BATCH_NAME_MAX == NFT_NAME_MAXLEN - 1, "longest name");

/// Grows the buffer so that `size` more bytes fit. Returns 0 or -ENOMEM.
static int reserve(struct cnftables_batch *batch, size_t size)
{
    if (batch->capacity - batch->length >= size)
        return 0;
    size_t capacity = batch->capacity == 0 ? 4096 : batch->capacity;
    while (capacity - batch->length < size)
        capacity *= 2;
    uint8_t *start = realloc(batch->start, capacity);
    if (start == NULL)
        return -ENOMEM;
    batch->start = start;
    batch->capacity = capacity;
    return 0;
}

/// Grows `operation_of` so that one more message fits. Returns 0 or -ENOMEM.
static int reserve_operation(struct cnftables_batch *batch)
{
    if (batch->operation_capacity > batch->messages)
        return 0;
    size_t capacity = batch->operation_capacity == 0 ? 32 : batch->operation_capacity * 2;
    uint32_t *grown = realloc(batch->operation_of, capacity * sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    batch->operation_of = grown;
    batch->operation_capacity = capacity;
    return 0;
}

int cnftables_batch_open(uint32_t sequence, uint32_t generation, struct cnftables_batch **out)
{
    struct cnftables_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        return -ENOMEM;
    if (reserve(batch, BATCH_MESSAGE_FRAME) < 0 || reserve_operation(batch) < 0) {
        cnftables_batch_close(batch);
        return -ENOMEM;
    }
    batch->sequence = sequence;
    struct nlmsghdr *header = nftnl_batch_begin((char *)batch->start, sequence);
    if (generation != 0)
        mnl_attr_put_u32(header, NFNL_BATCH_GENID, htonl(generation));
    batch->length = MNL_ALIGN(header->nlmsg_len);
    batch->messages = 1;
    *out = batch;
    return 0;
}

void cnftables_batch_close(struct cnftables_batch *batch)
{
    if (batch == NULL)
        return;
    if (batch->rule != NULL)
        nftnl_rule_free(batch->rule);
    free(batch->start);
    free(batch->operation_of);
    free(batch->failures);
    free(batch);
}

int cnftables_batch_finish(struct cnftables_batch *batch)
{
    int status = batch_check_open(batch);
    if (status < 0)
        return status;
    status = reserve(batch, BATCH_MESSAGE_FRAME);
    if (status < 0)
        return status;
    if (batch->last_offset != 0) {
        // Request one acknowledgement, for the last message, to have an answer to wait for. More would be
        // useless: every error is reported without a request, and success is the absence of errors (the
        // kernel may acknowledge the last message of an aborted transaction with 0). More would also be harmful:
        // they could overflow the receive queue, and the answer that is lost then could be the only error. With
        // one acknowledgement, only several errors can overflow the queue, so that at least one error is received.
        struct nlmsghdr *last = (struct nlmsghdr *)(batch->start + batch->last_offset);
        last->nlmsg_flags |= NLM_F_ACK;
    }
    struct nlmsghdr *header =
        nftnl_batch_end((char *)batch->start + batch->length, batch->sequence + batch->messages);
    batch->length += MNL_ALIGN(header->nlmsg_len);
    batch->messages += 1;
    batch->finished = true;
    return 0;
}

int cnftables_batch_renumber(struct cnftables_batch *batch, uint32_t sequence)
{
    if (!batch->finished)
        return -EINVAL;
    batch->sequence = sequence;
    for (size_t offset = 0; offset < batch->length;) {
        struct nlmsghdr *header = (struct nlmsghdr *)(batch->start + offset);
        header->nlmsg_seq = sequence++;
        offset += MNL_ALIGN(header->nlmsg_len);
    }
    return 0;
}

int cnftables_batch_set_port(struct cnftables_batch *batch, size_t offset, uint16_t port)
{
    uint16_t key = htons(port);
    if (!batch->finished || batch->length < sizeof key || offset > batch->length - sizeof key)
        return -EINVAL;
    memcpy(batch->start + offset, &key, sizeof key);
    return 0;
}

struct cnftables_bytes cnftables_batch_bytes(const struct cnftables_batch *batch)
{
    return (struct cnftables_bytes){.start = batch->start, .length = batch->length};
}

uint32_t cnftables_batch_messages(const struct cnftables_batch *batch)
{
    return batch->messages;
}

size_t
cnftables_batch_failures(const struct cnftables_batch *batch, const struct cnftables_failure **failures)
{
    *failures = batch->failures;
    return batch->failure_count;
}

int batch_check_open(const struct cnftables_batch *batch)
{
    return batch->finished || batch->rule != NULL ? -EINVAL : 0;
}

int batch_check_name(const char *name)
{
    return strnlen(name, BATCH_NAME_MAX + 1) > BATCH_NAME_MAX ? -ENAMETOOLONG : 0;
}

int batch_check_comment(const char *comment)
{
    if (comment == NULL)
        return 0;
    return strnlen(comment, BATCH_COMMENT_MAX + 1) > BATCH_COMMENT_MAX ? -E2BIG : 0;
}

int batch_check(const struct cnftables_batch *batch, const char *table, const char *name, const char *comment)
{
    int status = batch_check_open(batch);
    if (status == 0)
        status = batch_check_name(table);
    if (status == 0)
        status = batch_check_name(name);
    if (status == 0)
        status = batch_check_comment(comment);
    return status;
}

static size_t string_size(const char *string)
{
    return string == NULL ? 0 : strlen(string);
}

size_t batch_message_size(const char *table, const char *name, const char *comment)
{
    return BATCH_MESSAGE_FRAME + string_size(table) + string_size(name) + string_size(comment);
}

int batch_start_message(
    struct cnftables_batch *batch, size_t size, uint16_t type, uint8_t family, uint16_t flags,
    struct nlmsghdr **message)
{
    int status = reserve(batch, size);
    if (status < 0)
        return status;
    status = reserve_operation(batch);
    if (status < 0)
        return status;
    // libmnl does not write the padding of attributes: clear it, so that no old memory is sent.
    memset(batch->start + batch->length, 0, size);
    batch->message_room = size;
    *message = nftnl_nlmsg_build_hdr(
        (char *)batch->start + batch->length, type, family, flags, batch->sequence + batch->messages);
    return 0;
}

void batch_commit_message(struct cnftables_batch *batch, const struct nlmsghdr *message)
{
    // libnftnl writes without knowing the room: stop if our estimate was too small.
    if (message->nlmsg_len > batch->message_room)
        abort();
    batch->operation_of[batch->messages - 1] = batch->operations;
    batch->last_offset = batch->length;
    batch->length += MNL_ALIGN(message->nlmsg_len);
    batch->messages += 1;
}

bool batch_add_failure(struct cnftables_batch *batch, uint32_t sequence, int32_t code, uint32_t offset)
{
    if (batch->failure_count == batch->failure_capacity) {
        size_t capacity = batch->failure_capacity == 0 ? 4 : batch->failure_capacity * 2;
        struct cnftables_failure *grown = realloc(batch->failures, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        batch->failures = grown;
        batch->failure_capacity = capacity;
    }
    uint32_t message = sequence - batch->sequence;
    bool is_frame = message == 0 || message >= batch->messages - 1; // BATCH_BEGIN or BATCH_END
    batch->failures[batch->failure_count++] = (struct cnftables_failure){
        .operation = is_frame ? CNFTABLES_WHOLE : batch->operation_of[message - 1],
        .code = code,
        .offset = offset,
    };
    return true;
}
