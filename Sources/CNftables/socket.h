// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_INTERNAL_SOCKET_H
#define CNFTABLES_INTERNAL_SOCKET_H

#include <stdbool.h>

#include "cnftables_socket.h"

enum {
    /// The size of the receive buffer in bytes; the kernel puts at most 32 KiB into one datagram of a listing.
    SOCKET_BUFFER = 65536,
};

struct cnftables_socket {
    int descriptor;
    /// The netlink port, which the kernel chose.
    uint32_t port;
    /// The sequence number of the next message.
    uint32_t sequence;
    /// The number of bytes that can be sent at once (SO_SNDBUF).
    size_t send_limit;

    /// True while a listing is in progress; the next members describe it.
    bool is_listing;
    /// True when the answer is one message without an end mark.
    bool is_single;
    /// True when the ruleset changed during the listing.
    bool was_interrupted;
    /// The sequence number of the request, which all messages of its listing have.
    uint32_t listing_sequence;
    /// The part of the last datagram that has not been read yet.
    struct cnftables_bytes pending;

    uint8_t buffer[SOCKET_BUFFER];
};

/// The content of an NLMSG_ERROR message.
struct answer {
    /// 0 or -errno.
    int code;
    /// The sequence number of the message that is answered.
    uint32_t sequence;
    /// The offset of the refused attribute, or CNFTABLES_NO_OFFSET.
    uint32_t offset;
};

/// Sends all bytes at once. Returns 0 or -errno of sendto(2).
int cnftables_socket_send(struct cnftables_socket *socket, struct cnftables_bytes bytes);

/// Receives one datagram from the kernel; `flags` as for recvmsg(2). Returns 0 or -errno; -ETIMEDOUT when a
/// blocking call received nothing in time.
int cnftables_socket_receive(int descriptor, void *buffer, size_t capacity, int flags, size_t *length);

/// Takes the next message off a datagram and, if it is an NLMSG_ERROR, reads its content into `answer`. `*type` is the
/// type of the message; 0 at the end of the datagram. Returns 0 or -EBADMSG.
int cnftables_next_answer(struct cnftables_bytes *datagram, uint16_t *type, struct answer *answer);

#endif
