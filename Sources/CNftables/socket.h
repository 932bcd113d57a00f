// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef SOCKET_H
#define SOCKET_H

#include <stdbool.h>

#include "cnftables_socket.h"

enum {
    /// The kernel fills no more than 32 KiB into one datagram of a listing.
    SOCKET_BUFFER = 65536,
};

struct cnftables_socket {
    int descriptor;
    uint32_t port;
    /// For the next message.
    uint32_t sequence;
    /// What may be sent at once (SO_SNDBUF).
    size_t send_limit;

    /// The listing that is going on.
    bool is_listing;
    /// It consists of one message only, without an end mark.
    bool is_single;
    /// The ruleset changed while it was taken.
    bool was_interrupted;
    uint32_t listing_sequence;
    /// What of the last datagram has not been looked at.
    struct cnftables_bytes pending;

    uint8_t buffer[SOCKET_BUFFER];
};

/// What NLMSG_ERROR says.
struct answer {
    /// 0 or -errno.
    int code;
    /// Of the message that it answers.
    uint32_t sequence;
    /// Of the refused attribute, or CNFTABLES_NO_OFFSET.
    uint32_t offset;
};

/// Sends all of it at once. 0 or -errno of sendto(2).
int socket_send(struct cnftables_socket *socket, struct cnftables_bytes bytes);

/// Receives one datagram from the kernel; `flags` as for recvmsg(2).
int socket_receive(int descriptor, void *buffer, size_t capacity, int flags, size_t *length);

/// Reads the next message and, of an NLMSG_ERROR, the answer. `*type` is that of the message, 0 at the end.
int socket_next_answer(struct cnftables_bytes *datagram, uint16_t *type, struct answer *answer);

#endif
