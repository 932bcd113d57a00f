// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "batch.h"
#include "socket.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

#include <linux/netlink.h>

/// The kernel takes a transaction in one piece, and that piece must fit into the send buffer.
static void raise_send_limit(struct cnftables_socket *socket, size_t size)
{
    // The kernel keeps 32 bytes for itself, and doubles what is asked for.
    if (size + 32 <= socket->send_limit || size > INT_MAX / 2)
        return;
    int wanted = (int)size;
    if (setsockopt(socket->descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof wanted) < 0)
        // What the administrator allows everybody (wmem_max) may still do; if not, sendto says EMSGSIZE.
        (void)setsockopt(socket->descriptor, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
    int value;
    socklen_t length = sizeof value;
    if (getsockopt(socket->descriptor, SOL_SOCKET, SO_SNDBUF, &value, &length) == 0 && value > 0)
        socket->send_limit = (size_t)value;
}

/// What has come back so far.
struct outcome {
    bool has_acknowledgement;
    /// The ruleset was another, or the sender may not: nothing else counts then.
    int refusal;
    /// The first trouble in reading the answers.
    int trouble;
};

static void note_answer(struct cnftables_batch *batch, const struct answer *answer, struct outcome *outcome)
{
    // Stale: answers an earlier transaction.
    uint32_t message = answer->sequence - batch->sequence;
    if (message >= batch->messages)
        return;
    if (answer->code == 0) {
        if (message == batch->messages - 2)
            outcome->has_acknowledgement = true;
        return;
    }
    // What concerns the whole transaction is reported on BATCH_BEGIN.
    if (message == 0 && (answer->code == -ERESTART || answer->code == -EPERM)) {
        outcome->refusal = answer->code;
        return;
    }
    if (!batch_add_failure(batch, answer->sequence, -answer->code, answer->offset))
        outcome->trouble = -ENOMEM;
}

static void
note_datagram(struct cnftables_batch *batch, struct cnftables_bytes datagram, struct outcome *outcome)
{
    struct answer answer;
    uint16_t type;
    for (;;) {
        int status = socket_next_answer(&datagram, &type, &answer);
        if (status < 0) {
            outcome->trouble = status;
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
    // An abandoned listing's rest in the queue is passed over by its sequence number.
    socket->is_listing = false;
    batch->failure_count = 0;
    struct cnftables_bytes bytes = cnftables_batch_bytes(batch);
    raise_send_limit(socket, bytes.length);
    int status = socket_send(socket, bytes);
    if (status < 0)
        return status;
    socket->sequence += batch->messages;

    // Answers are in the queue by now; all of them are read, so that the next commit starts with an empty
    // one. Only the first read may wait, and only if there is something to wait for.
    struct outcome outcome = {.has_acknowledgement = batch->last == 0};
    int flags = batch->last == 0 ? MSG_DONTWAIT : 0;
    for (;;) {
        size_t length;
        status = socket_receive(socket->descriptor, socket->buffer, sizeof socket->buffer, flags, &length);
        flags = MSG_DONTWAIT;
        if (status == -EAGAIN)
            break;
        if (status == -ENOBUFS || status == -EMSGSIZE) {
            outcome.trouble = status; // answers were lost, others may still be there
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
    if (outcome.trouble != 0)
        return outcome.trouble;
    return outcome.has_acknowledgement ? 0 : -EPROTO;
}
