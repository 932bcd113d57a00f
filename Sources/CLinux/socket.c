// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_socket.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert((int)CLINUX_READABLE == (int)EPOLLIN, "readable");
_Static_assert((int)CLINUX_WRITABLE == (int)EPOLLOUT, "writable");
_Static_assert((int)CLINUX_FAILED == (int)EPOLLERR, "failed");
_Static_assert((int)CLINUX_HUNG_UP == (int)EPOLLHUP, "hung up");

int clinux_accept(int listener, int *descriptor)
{
    int number = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (number < 0)
        return -errno;
    *descriptor = number;
    return 0;
}

int clinux_peer_credentials(int socket, struct clinux_peer *peer)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return -errno;
    peer->process = credentials.pid;
    peer->user = credentials.uid;
    peer->group = credentials.gid;
    return 0;
}

int clinux_queue_open(int *queue)
{
    int number = epoll_create1(EPOLL_CLOEXEC);
    if (number < 0)
        return -errno;
    *queue = number;
    return 0;
}

static int queue_control(int queue, int operation, int descriptor, uint64_t token, uint32_t interest)
{
    struct epoll_event event = {.events = interest, .data = {.u64 = token}};
    return epoll_ctl(queue, operation, descriptor, &event) == 0 ? 0 : -errno;
}

int clinux_queue_add(int queue, int descriptor, uint64_t token, uint32_t interest)
{
    return queue_control(queue, EPOLL_CTL_ADD, descriptor, token, interest);
}

int clinux_queue_change(int queue, int descriptor, uint64_t token, uint32_t interest)
{
    return queue_control(queue, EPOLL_CTL_MOD, descriptor, token, interest);
}

/// Waits with nanosecond precision: by epoll_pwait2, or by ppoll and epoll_wait before Linux 5.11 and where a
/// system call filter does not allow epoll_pwait2.
static int wait_precisely(int queue, struct epoll_event *events, int capacity, int64_t nanoseconds)
{
    struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
#ifdef SYS_epoll_pwait2
    long found = syscall(SYS_epoll_pwait2, queue, events, capacity, &timeout, NULL, (size_t)0);
    if (found >= 0 || (errno != ENOSYS && errno != EPERM))
        return (int)found;
#endif
    struct pollfd entry = {.fd = queue, .events = POLLIN};
    int ready = ppoll(&entry, 1, &timeout, NULL);
    return ready <= 0 ? ready : epoll_wait(queue, events, capacity, 0);
}

int clinux_queue_wait(
    int queue, struct clinux_readiness *ready, size_t capacity, int64_t nanoseconds, size_t *count)
{
    enum { MAX_EVENTS = 64 };
    struct epoll_event events[MAX_EVENTS];
    if (capacity == 0 || capacity > MAX_EVENTS)
        return -EINVAL;
    int found = nanoseconds <= 0 ? epoll_wait(queue, events, (int)capacity, nanoseconds < 0 ? -1 : 0)
                                 : wait_precisely(queue, events, (int)capacity, nanoseconds);
    if (found < 0) {
        if (errno != EINTR)
            return -errno;
        found = 0;
    }
    for (int index = 0; index < found; index++) {
        ready[index].token = events[index].data.u64;
        ready[index].events = events[index].events;
    }
    *count = (size_t)found;
    return 0;
}
