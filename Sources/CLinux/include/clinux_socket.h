// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_SOCKET_H
#define CLINUX_SOCKET_H

// Calls that glibc declares only for _GNU_SOURCE, or in headers that Swift's Glibc module omits.

#include <stddef.h>
#include <stdint.h>

/// The process at the other end of a Unix socket, as of its connect(2) or listen(2).
struct clinux_peer {
    int32_t process;
    uint32_t user;
    uint32_t group;
};

/// The events of a descriptor; the values are those of epoll.
enum {
    CLINUX_READABLE = 0x01,
    CLINUX_WRITABLE = 0x04,
    CLINUX_FAILED = 0x08,
    CLINUX_HUNG_UP = 0x10,
};

/// A descriptor with events.
struct clinux_readiness {
    /// The token that was given to clinux_queue_add with the descriptor.
    uint64_t token;
    /// CLINUX_READABLE and the other events, as bits.
    uint32_t events;
};

/// Accepts the next connection of a listening socket: non-blocking and close-on-exec. Returns 0 or -errno:
/// EAGAIN when there is none, EMFILE or ENFILE when descriptors ran out, ECONNABORTED when the client has
/// closed it meanwhile.
int clinux_accept(int listener, int *descriptor);

/// Reads the credentials of the process at the other end of a connected Unix socket, as of its connect(2) or
/// listen(2). Returns 0 or -errno.
int clinux_peer_credentials(int socket, struct clinux_peer *peer);

/// Opens an event queue, close-on-exec. Returns 0 or -errno.
int clinux_queue_open(int *queue);

/// Watches `descriptor` for `interest`; its events carry `token`. Hang-ups and failures are always reported.
/// Closing its last duplicate removes it. Returns 0 or -errno (EEXIST, ENOMEM, ENOSPC).
int clinux_queue_add(int queue, int descriptor, uint64_t token, uint32_t interest);

/// Changes the interest in a watched descriptor. Returns 0 or -errno (ENOENT).
int clinux_queue_change(int queue, int descriptor, uint64_t token, uint32_t interest);

/// Waits until a watched descriptor has events, or `nanoseconds` have passed (negative: no limit). Writes at
/// most `capacity` (1 to 64) entries and their number, which is 0 after the time limit or a signal. Any
/// thread, but one at a time. Returns 0 or -errno.
int clinux_queue_wait(
    int queue, struct clinux_readiness *ready, size_t capacity, int64_t nanoseconds, size_t *count);

#endif
