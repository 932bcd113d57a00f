// SPDX-License-Identifier: Apache-2.0
// netlink functions for this module only, not for Swift.
#ifndef CLINUX_NETLINK_H
#define CLINUX_NETLINK_H

#include <netinet/in.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

/// The size in bytes of the buffer for a dump. The kernel makes datagrams as long as the longest buffer that
/// the reader has passed so far, but not longer than 32 KiB.
enum { CLINUX_DUMP_BUFFER = 32768 };

/// Opens a netlink socket for requests, close-on-exec. Receiving fails when no answer comes for 5 s. Returns
/// 0 or -errno.
int clinux_netlink_open(int protocol, int *descriptor);

/// Sends one request to the kernel. Returns 0 or -errno.
int clinux_netlink_send(int descriptor, const void *request, size_t length);

/// Receives one datagram from the kernel; skips those of other senders. `flags` are those of recvmsg(2).
/// Returns 0; -ETIMEDOUT when the socket's time limit has passed; -EMSGSIZE when the datagram was longer than
/// `capacity`; or -errno of recvmsg(2).
int clinux_netlink_receive(int descriptor, int flags, void *bytes, size_t capacity, size_t *length);

/// Reads the message at `*offset` of a datagram and advances `*offset`. Returns 1 with the header and the
/// payload, 0 at the end, -EBADMSG when a length exceeds the datagram.
int clinux_netlink_next(
    const void *bytes, size_t length, size_t *offset, struct nlmsghdr *header, const uint8_t **payload,
    size_t *payload_length);

/// Finds the first attribute of a type in `bytes`. Returns 0; -ENOENT when there is none; -EBADMSG when a
/// length exceeds the bytes.
int clinux_netlink_attribute(
    const uint8_t *bytes, size_t length, uint16_t type, const uint8_t **found, size_t *found_length);

/// Reads the status in the payload of NLMSG_ERROR or NLMSG_DONE: 0 or -errno; -EBADMSG for anything else.
int clinux_netlink_status(const uint8_t *payload, size_t length);

/// Handles one message of an answer. Returns 0 to continue, 1 when the answer is complete, or -errno.
typedef int (*clinux_netlink_handler)(void *context, uint16_t type, const uint8_t *payload, size_t length);

/// Passes the messages with `sequence` in one datagram to `handler`. Sets `is_inconsistent` to 1 when the kernel
/// reports that the list changed during the dump. Returns 1 when more datagrams follow, 0 when the answer is
/// complete, or -errno. Pure: no I/O.
int clinux_netlink_parse(
    const void *bytes, size_t length, uint32_t sequence, clinux_netlink_handler handler, void *context,
    uint8_t *is_inconsistent);

/// Sends a request and handles all messages of the answer, until the end of the dump, the acknowledgement, or
/// until `handler` returns 1. Returns 0; -EINTR when the list changed during the dump; or -errno.
int clinux_netlink_request(
    int descriptor, const void *request, size_t length, uint32_t sequence, clinux_netlink_handler handler,
    void *context);

#endif
