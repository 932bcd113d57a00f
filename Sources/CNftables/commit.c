// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "batch.h"
#include "socket.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

#include <linux/netlink.h>

/// Raises the send buffer to `size` bytes: the kernel takes a transaction only in one piece that fits into
/// it.
static void raise_send_limit(struct cnftables_socket *socket, size_t size)
{
    // The kernel uses 32 bytes of the buffer itself, and doubles the size that is requested.
    if (size + 32 <= socket->send_limit || size > INT_MAX / 2)
        return;
    int wanted = (int)size;
    if (setsockopt(socket->descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof wanted) < 0)
        // Without the privilege, try what wmem_max allows; if that is too little, sendto fails with EMSGSIZE.
        (void)setsockopt(socket->descriptor, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
    int value;
    socklen_t length = sizeof value;
    if (getsockopt(socket->descriptor, SOL_SOCKET, SO_SNDBUF, &value, &length) == 0 && value > 0)
        socket->send_limit = (size_t)value;
}

/// The content of the answers received so far.
struct outcome {
    bool has_acknowledgement;
    /// -ERESTART or -EPERM, reported for the whole transaction; it overrides everything else.
    int refusal;
    /// An error in reading the answers, or 0.
    int reading_error;
};

static void note_answer(struct cnftables_batch *batch, const struct answer *answer, struct outcome *outcome)
{
    uint32_t message = answer->sequence - batch->sequence; // its index in the batch
    // Stale: answers an earlier transaction.
    if (message >= batch->messages)
        return;
    if (answer->code == 0) {
        // The last message before BATCH_END is the one that requests an acknowledgement.
        if (message == batch->messages - 2)
            outcome->has_acknowledgement = true;
        return;
    }
    // Errors of the whole transaction are reported for BATCH_BEGIN.
    if (message == 0 && (answer->code == -ERESTART || answer->code == -EPERM)) {
        outcome->refusal = answer->code;
        return;
    }
    if (!cnftables_batch_add_failure(batch, answer->sequence, -answer->code, answer->offset))
        outcome->reading_error = -ENOMEM;
}

static void
note_datagram(struct cnftables_batch *batch, struct cnftables_bytes datagram, struct outcome *outcome)
{
    struct answer answer;
    uint16_t type;
    for (;;) {
        int status = cnftables_next_answer(&datagram, &type, &answer);
        if (status < 0) {
            outcome->reading_error = status;
            return;
        }
        if (type == 0)
            return;
        if (type == NLMSG_ERROR)
            note_answer(batch, &answer, outcome);
    }
}

int cnftables_commit(struct cnftables_socket *socket, struct cnftables_batch *batch)
{
    if (!batch->finished || batch->sequence != socket->sequence)
        return -EINVAL;
    // The rest of an abandoned listing in the queue is recognised by its sequence number and skipped.
    socket->is_listing = false;
    batch->failure_count = 0;
    struct cnftables_bytes bytes = cnftables_batch_bytes(batch);
    raise_send_limit(socket, bytes.length);
    int status = cnftables_socket_send(socket, bytes);
    if (status < 0)
        return status;
    socket->sequence += batch->messages;

    // The kernel has processed the transaction within sendto(2), so that all answers are in the queue by now. Read all
    // of them, so that the next commit begins with an empty queue. Only the first read may block, and only if an
    // acknowledgement was requested, that is, if the transaction has an operation.
    bool is_empty = batch->last_offset == 0;
    struct outcome outcome = {.has_acknowledgement = is_empty};
    int flags = is_empty ? MSG_DONTWAIT : 0;
    for (;;) {
        size_t length;
        status = cnftables_socket_receive(
            socket->descriptor, socket->buffer, sizeof socket->buffer, flags, &length);
        flags = MSG_DONTWAIT;
        if (status == -EAGAIN)
            break;
        if (status == -ENOBUFS || status == -EMSGSIZE) {
            // Answers were lost, but others may follow. -EMSGSIZE is for a batch that was not sent.
            outcome.reading_error = -ENOBUFS;
            continue;
        }
        if (status < 0)
            return status;
        note_datagram(batch, (struct cnftables_bytes){.start = socket->buffer, .length = length}, &outcome);
    }
    if (outcome.refusal != 0)
        return outcome.refusal;
    if (batch->failure_count != 0)
        return -EREMOTEIO;
    if (outcome.reading_error != 0)
        return outcome.reading_error;
    return outcome.has_acknowledgement ? 0 : -EPROTO;
}
