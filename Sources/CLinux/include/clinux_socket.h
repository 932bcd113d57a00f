// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_SOCKET_H
#define CLINUX_SOCKET_H

// What glibc declares for _GNU_SOURCE only, or in headers that Swift's Glibc module leaves out.

#include <stddef.h>
#include <stdint.h>

/// Who is at the other end of a Unix socket, as it was when the connection was made.
struct clinux_peer {
    int32_t process;
    uint32_t user;
    uint32_t group;
};

/// What a descriptor is ready for; the values are those of epoll.
enum {
    CLINUX_READABLE = 0x01,
    CLINUX_WRITABLE = 0x04,
    CLINUX_FAILED = 0x08,
    CLINUX_HUNG_UP = 0x10,
};

/// One descriptor that has something to report.
struct clinux_readiness {
    uint64_t token;
    uint32_t events;
};

/// Takes the next connection of a listening socket: non-blocking and closed on exec.
/// Returns 0 or -errno: EAGAIN when nobody waits, EMFILE or ENFILE when descriptors ran out, ECONNABORTED
/// when the caller gave up in the meantime.
int clinux_accept(int listener, int *descriptor);

/// Reads the credentials of the process that connected `socket`. Returns 0 or -errno.
int clinux_peer_credentials(int socket, struct clinux_peer *peer);

/// Opens an event queue, closed on exec. Returns 0 or -errno.
int clinux_queue_open(int *queue);

/// Watches `descriptor` for `interest`; its events carry `token`. Hang-ups and failures are reported without
/// being asked for. Closing the descriptor takes it out. Returns 0 or -errno (EEXIST, ENOMEM, ENOSPC).
int clinux_queue_add(int queue, int descriptor, uint64_t token, uint32_t interest);

/// Changes what a watched descriptor is watched for. Returns 0 or -errno (ENOENT).
int clinux_queue_change(int queue, int descriptor, uint64_t token, uint32_t interest);

/// Waits until a watched descriptor has something to report, or `nanoseconds` have passed; a negative number
/// waits for ever. Writes at most `capacity` (1 to 64) entries and their number, which is 0 at the deadline and after a
/// signal. Any thread, one at a time. Returns 0 or -errno.
int clinux_queue_wait(
    int queue, struct clinux_readiness *ready, size_t capacity, int64_t nanoseconds, size_t *count);

#endif
