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

/// Gives an array room for `needed` elements of `size` bytes: grows it, by doubling, if it has less. Returns the array,
/// which may have moved, or NULL when memory is short; the array is then as before.
static void *grow(void *array, size_t needed, size_t *capacity, size_t size)
{
    enum { FIRST_SIZE = 4096 };
    size_t larger = *capacity == 0 ? FIRST_SIZE / size : *capacity;
    while (larger < needed)
        larger *= 2;
    if (larger == *capacity)
        return array;
    void *grown = realloc(array, larger * size);
    if (grown != NULL)
        *capacity = larger;
    return grown;
}

/// Makes room for `size` more bytes of messages. Returns 0 or -ENOMEM.
static int reserve(struct cnftables_batch *batch, size_t size)
{
    uint8_t *start = grow(batch->start, batch->length + size, &batch->capacity, 1);
    if (start == NULL)
        return -ENOMEM;
    batch->start = start;
    return 0;
}

/// Returns 0 if an operation may begin now, else -EINVAL: the batch is finished, or a rule is open.
static int check_ready(const struct cnftables_batch *batch)
{
    return batch->finished || batch->rule != NULL ? -EINVAL : 0;
}

int cnftables_batch_open(uint32_t sequence, uint32_t generation, struct cnftables_batch **out)
{
    struct cnftables_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        return -ENOMEM;
    if (reserve(batch, BATCH_MESSAGE_FRAME) < 0) {
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
    int status = check_ready(batch);
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

size_t
cnftables_batch_failures(const struct cnftables_batch *batch, const struct cnftables_failure **failures)
{
    *failures = batch->failures;
    return batch->failure_count;
}

int cnftables_check_name(const char *name)
{
    return strnlen(name, BATCH_NAME_MAX + 1) > BATCH_NAME_MAX ? -ENAMETOOLONG : 0;
}

/// Checks the length of a comment, without NUL; `comment` may be NULL. Returns 0 or -E2BIG.
static int check_comment(const char *comment)
{
    if (comment == NULL)
        return 0;
    return strnlen(comment, BATCH_COMMENT_MAX + 1) > BATCH_COMMENT_MAX ? -E2BIG : 0;
}

int cnftables_check_operation(
    const struct cnftables_batch *batch, const char *table, const char *name, const char *comment)
{
    int status = check_ready(batch);
    if (status == 0)
        status = cnftables_check_name(table);
    if (status == 0)
        status = cnftables_check_name(name);
    if (status == 0)
        status = check_comment(comment);
    return status;
}

static size_t string_size(const char *string)
{
    return string == NULL ? 0 : strlen(string);
}

size_t cnftables_message_size(const char *table, const char *name, const char *comment)
{
    return BATCH_MESSAGE_FRAME + string_size(table) + string_size(name) + string_size(comment);
}

/// Reserves `size` bytes for a message and writes its header. Returns 0 or -ENOMEM.
static int start_message(
    struct cnftables_batch *batch, size_t size, uint16_t type, uint8_t family, uint16_t flags,
    struct nlmsghdr **message)
{
    int status = reserve(batch, size);
    if (status < 0)
        return status;
    // BATCH_BEGIN, which is one of `messages`, has no entry.
    uint32_t *operation_of =
        grow(batch->operation_of, batch->messages, &batch->operation_capacity, sizeof *operation_of);
    if (operation_of == NULL)
        return -ENOMEM;
    batch->operation_of = operation_of;
    // libmnl does not write the padding of attributes: clear it, so that no old memory is sent.
    memset(batch->start + batch->length, 0, size);
    *message = nftnl_nlmsg_build_hdr(
        (char *)batch->start + batch->length, type, family, flags, batch->sequence + batch->messages);
    return 0;
}

int cnftables_put_message(
    struct cnftables_batch *batch, size_t size, uint16_t type, uint8_t family, uint16_t flags,
    cnftables_writer *write, void *object)
{
    struct nlmsghdr *message;
    int status = start_message(batch, size, type, family, flags, &message);
    if (status < 0)
        return status;
    write(message, object);
    // libnftnl writes without knowing the room: stop if our estimate was too small.
    if (message->nlmsg_len > size)
        abort();
    batch->operation_of[batch->messages - 1] = batch->operations;
    batch->last_offset = batch->length;
    batch->length += MNL_ALIGN(message->nlmsg_len);
    batch->messages += 1;
    return 0;
}

int cnftables_put_operation(
    struct cnftables_batch *batch, size_t size, uint16_t type, uint8_t family, uint16_t flags,
    cnftables_writer *write, void *object)
{
    int status = cnftables_put_message(batch, size, type, family, flags, write, object);
    if (status == 0)
        batch->operations += 1;
    return status;
}

bool cnftables_batch_add_failure(
    struct cnftables_batch *batch, uint32_t sequence, int32_t code, uint32_t offset)
{
    struct cnftables_failure *failures =
        grow(batch->failures, batch->failure_count + 1, &batch->failure_capacity, sizeof *failures);
    if (failures == NULL)
        return false;
    batch->failures = failures;
    uint32_t message = sequence - batch->sequence;
    bool is_frame = message == 0 || message >= batch->messages - 1; // BATCH_BEGIN or BATCH_END
    failures[batch->failure_count++] = (struct cnftables_failure){
        .operation = is_frame ? CNFTABLES_WHOLE : batch->operation_of[message - 1],
        .code = code,
        .offset = offset,
    };
    return true;
}
