// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "socket.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/netlink.h>

/// Requests answers that are short and include the offset of a refused attribute. Limits each wait for an
/// answer to 5 s: answers come at once or are lost.
static int set_options(int descriptor)
{
    int on = 1;
    if (setsockopt(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on) < 0)
        return -errno;
    if (setsockopt(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on) < 0)
        return -errno;
    const struct timeval limit = {.tv_sec = 5};
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0)
        return -errno;
    return 0;
}

/// Has the kernel choose a netlink port, and writes it to `port`.
static int bind_port(int descriptor, uint32_t *port)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    socklen_t length = sizeof address;
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0)
        return -errno;
    *port = address.nl_pid;
    return 0;
}

static int read_send_limit(int descriptor, size_t *limit)
{
    int value;
    socklen_t length = sizeof value;
    if (getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &value, &length) < 0)
        return -errno;
    *limit = value < 0 ? 0 : (size_t)value;
    return 0;
}

int cnftables_socket_open(struct cnftables_socket **out)
{
    struct cnftables_socket *opened = malloc(sizeof *opened);
    if (opened == NULL)
        return -ENOMEM;
    *opened = (struct cnftables_socket){.sequence = 1};
    opened->descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (opened->descriptor < 0) {
        int status = -errno;
        free(opened);
        return status;
    }
    int status = set_options(opened->descriptor);
    if (status == 0)
        status = bind_port(opened->descriptor, &opened->port);
    if (status == 0)
        status = read_send_limit(opened->descriptor, &opened->send_limit);
    if (status < 0) {
        cnftables_socket_close(opened);
        return status;
    }
    *out = opened;
    return 0;
}

void cnftables_socket_close(struct cnftables_socket *socket)
{
    if (socket == NULL)
        return;
    close(socket->descriptor);
    free(socket);
}

uint32_t cnftables_socket_port(const struct cnftables_socket *socket)
{
    return socket->port;
}

uint32_t cnftables_next_sequence(const struct cnftables_socket *socket)
{
    return socket->sequence;
}

int cnftables_socket_send(struct cnftables_socket *socket, struct cnftables_bytes bytes)
{
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    for (;;) {
        ssize_t sent = sendto(
            socket->descriptor, bytes.start, bytes.length, 0, (const struct sockaddr *)&kernel,
            sizeof kernel);
        if (sent >= 0)
            return (size_t)sent == bytes.length ? 0 : -EMSGSIZE;
        if (errno != EINTR)
            return -errno;
    }
}

int cnftables_socket_receive(int descriptor, void *buffer, size_t capacity, int flags, size_t *length)
{
    for (;;) {
        struct sockaddr_nl sender;
        struct iovec vector = {.iov_base = buffer, .iov_len = capacity};
        struct msghdr header = {
            .msg_name = &sender,
            .msg_namelen = sizeof sender,
            .msg_iov = &vector,
            .msg_iovlen = 1,
        };
        ssize_t received = recvmsg(descriptor, &header, flags);
        if (received < 0) {
            if (errno == EINTR)
                continue;
            return errno == EAGAIN && (flags & MSG_DONTWAIT) == 0 ? -ETIMEDOUT : -errno;
        }
        // Any process may send to this socket; messages from the kernel have port 0.
        if (header.msg_namelen != sizeof sender || sender.nl_pid != 0)
            continue;
        if (header.msg_flags & MSG_TRUNC)
            return -EMSGSIZE;
        *length = (size_t)received;
        return 0;
    }
}

int cnftables_receive(int descriptor, void *buffer, size_t capacity, size_t *length)
{
    return cnftables_socket_receive(descriptor, buffer, capacity, MSG_DONTWAIT, length);
}
