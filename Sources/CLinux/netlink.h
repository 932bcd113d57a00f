// SPDX-License-Identifier: Apache-2.0
// What the netlink parts of this module share. Not for Swift.
#ifndef CLINUX_NETLINK_H
#define CLINUX_NETLINK_H

#include <netinet/in.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

/// The kernel fills datagrams of a dump up to the size of the buffer it last saw, but never beyond 32 KiB.
enum { CLINUX_DUMP_BUFFER = 32768 };

/// Opens a netlink socket for requests, close-on-exec. An answer that takes longer than 5 s is given up on.
/// Returns 0 or -errno.
int clinux_netlink_open(int protocol, int *descriptor);

/// Sends one request to the kernel.
int clinux_netlink_send(int descriptor, const void *request, size_t length);

/// Receives one datagram of the kernel's; other senders' are skipped. `flags` as of recvmsg.
/// Returns 0; -ETIMEDOUT when the socket has a time limit, which passed; -EMSGSIZE when it was longer than `capacity`; or -errno of recvmsg.
int clinux_netlink_receive(int descriptor, int flags, void *bytes, size_t capacity, size_t *length);

/// Reads the message at `*offset` of a datagram and moves `*offset` behind it.
/// Returns 1 with the header and the payload behind it, 0 at the end, -EBADMSG when a length leaves the datagram.
int clinux_netlink_next(
    const void *bytes, size_t length, size_t *offset, struct nlmsghdr *header, const uint8_t **payload,
    size_t *payload_length);

/// The attribute of a type among `bytes`.
/// Returns 0; -ENOENT without one; -EBADMSG when a length leaves the bytes.
int clinux_netlink_attribute(
    const uint8_t *bytes, size_t length, uint16_t type, const uint8_t **found, size_t *found_length);

/// The status in the payload of NLMSG_ERROR and NLMSG_DONE: 0 or -errno; -EBADMSG for anything else.
int clinux_netlink_status(const uint8_t *payload, size_t length);

/// Takes what answers one request: 0 to go on, 1 when that was all, or -errno.
typedef int (*clinux_netlink_take)(void *context, uint16_t type, const uint8_t *payload, size_t length);

/// Reads the answers with `sequence` in one datagram. Pure: no I/O. Sets `is_inconsistent` when the kernel says so.
/// Returns 1 when there is more to come, 0 when that was all, or -errno.
int clinux_netlink_parse(
    const void *bytes, size_t length, uint32_t sequence, clinux_netlink_take take, void *context,
    uint8_t *is_inconsistent);

/// Sends a request and takes all answers, up to the end of the dump, the acknowledgement, or what `take` says is all.
/// Returns 0; -EINTR when the kernel says that the list changed under the reader; or -errno.
int clinux_netlink_ask(
    int descriptor, const void *request, size_t length, uint32_t sequence, clinux_netlink_take take,
    void *context);

/// Makes room for one more element of `size` bytes in an array that doubles; `*elements` may move.
int clinux_grow(void **elements, size_t count, size_t *capacity, size_t size);

#endif
