// SPDX-License-Identifier: GPL-2.0-or-later
// swap-times COUNT MICROSECONDS: replaces the port in the set `ports` of the table `inet bench` COUNT times
// at intervals of MICROSECONDS, in plain C with libnftnl and libmnl, and prints the nanoseconds of each.
//
// The lower limit to compare the Swift module with: it sends the same two messages by one system call, and
// reads until nothing is left. Unlike the module, it has no names of operations for errors, and no buffers that
// grow.
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct mnl_socket *nftables_socket;
static uint32_t sequence = 1;

/// Writes a message about the element of the port, or without an element if the port is negative, and returns its
/// length.
static size_t put_element(char *buffer, uint16_t type, uint16_t flags, int port)
{
    struct nlmsghdr *message = nftnl_nlmsg_build_hdr(buffer, type, NFPROTO_INET, flags, sequence++);
    struct nftnl_set *set = nftnl_set_alloc();
    if (!set)
        abort();
    nftnl_set_set_str(set, NFTNL_SET_TABLE, "bench");
    nftnl_set_set_str(set, NFTNL_SET_NAME, "ports");
    if (port >= 0) {
        struct nftnl_set_elem *element = nftnl_set_elem_alloc();
        if (!element)
            abort();
        uint16_t key = htons((uint16_t)port);
        nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, &key, sizeof key);
        // The default lease of 3 minutes, in milliseconds.
        nftnl_set_elem_set_u64(element, NFTNL_SET_ELEM_TIMEOUT, 180000);
        nftnl_set_elem_add(set, element);
    }
    nftnl_set_elems_nlmsg_build_payload(message, set);
    nftnl_set_free(set);
    return message->nlmsg_len;
}

static void swap(int port)
{
    _Alignas(struct nlmsghdr) char buffer[8192];
    size_t length = nftnl_batch_begin(buffer, sequence++)->nlmsg_len;
    // Without an element, the message deletes all elements.
    length += put_element(buffer + length, NFT_MSG_DELSETELEM, 0, -1);
    length += put_element(buffer + length, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_ACK, port);
    length += nftnl_batch_end(buffer + length, sequence++)->nlmsg_len;
    if (mnl_socket_sendto(nftables_socket, buffer, length) < 0)
        fail("send");
    int descriptor = mnl_socket_get_fd(nftables_socket);
    int flags = 0;
    ssize_t received;
    while ((received = recv(descriptor, buffer, sizeof buffer, flags)) > 0) {
        flags = MSG_DONTWAIT;
        const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
        int rest = (int)received;
        for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
            const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
            if (message->nlmsg_type != NLMSG_ERROR || error->error == 0)
                continue;
            errno = -error->error;
            fail("swap");
        }
    }
    if (errno != EAGAIN)
        fail("receive");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: swap-times COUNT MICROSECONDS\n", stderr);
        return 2;
    }
    int count = atoi(argv[1]);
    unsigned pause = (unsigned)atoi(argv[2]);
    nftables_socket = mnl_socket_open(NETLINK_NETFILTER);
    if (!nftables_socket || mnl_socket_bind(nftables_socket, 0, MNL_SOCKET_AUTOPID) < 0)
        fail("open");
    // One more than needed, because calloc may return NULL for none.
    uint64_t *times = calloc((size_t)count + 1, sizeof *times);
    if (!times)
        abort();
    for (int index = 0; index < count; index++) {
        if (pause != 0)
            usleep(pause);
        uint64_t start = now();
        swap(1024 + index % 60000);
        times[index] = now() - start;
    }
    for (int index = 0; index < count; index++)
        printf("%llu\n", (unsigned long long)times[index]);
    return 0;
}
