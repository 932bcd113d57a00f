// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cnftables_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

/// Attaches a filter that passes only datagrams that begin with NFT_MSG_NEWGEN, which the kernel sends in a
/// datagram of its own at the end of every commit. The messages about what was committed, up to megabytes, do
/// not enter the receive buffer.
static int pass_only_generations(int descriptor)
{
    // Filter programs load in network byte order; the type of a message is in host byte order.
    const uint16_t type = htons(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN);
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, type, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
    if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0)
        return -errno;
    return 0;
}

static void set_receive_buffer(int descriptor, size_t size)
{
    // The kernel doubles the value, and the result must fit into an int.
    int value = size > INT32_MAX / 2 ? INT32_MAX / 2 : (int)size;
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &value, sizeof value) < 0)
        // Without the privilege, take what rmem_max allows.
        (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &value, sizeof value);
}

/// Opens a socket, lets `prepare` (which may be NULL) set its options, and joins the multicast group. Returns 0 or
/// -errno.
static int open_group(size_t buffer, int group, int (*prepare)(int), int *out)
{
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
    if (descriptor < 0)
        return -errno;
    set_receive_buffer(descriptor, buffer);
    // Attach the filter before the group is joined, so that no unfiltered message is received.
    int status = prepare != NULL ? prepare(descriptor) : 0;
    struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = 1u << (group - 1),
    };
    if (status == 0 && bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0)
        status = -errno;
    if (status < 0) {
        close(descriptor);
        return status;
    }
    *out = descriptor;
    return 0;
}

int cnftables_events_open(size_t buffer, enum cnftables_events events, int *descriptor)
{
    bool is_filtered = events == CNFTABLES_EVENTS_GENERATIONS;
    return open_group(buffer, NFNLGRP_NFTABLES, is_filtered ? pass_only_generations : NULL, descriptor);
}

int cnftables_traces_open(size_t buffer, int *descriptor)
{
    return open_group(buffer, NFNLGRP_NFTRACE, NULL, descriptor);
}
