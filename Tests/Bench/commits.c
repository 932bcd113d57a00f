// SPDX-License-Identifier: GPL-2.0-or-later
// commits COUNT MICROSECONDS TABLE SET: adds an address to a set of `inet TABLE` and removes it again, with
// COUNT commits in all at intervals of MICROSECONDS, and prints the average time of a commit in nanoseconds,
// intervals included. With COUNT 0 it runs until it is ended.
#define _GNU_SOURCE
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static struct mnl_socket *nftables_socket;
static uint32_t sequence = 1;

/// Writes a message that adds or deletes the address, and returns its length.
static size_t put_element(char *buffer, uint16_t type, const char *table, const char *name)
{
    struct nlmsghdr *message = nftnl_nlmsg_build_hdr(
        buffer, type, NFPROTO_INET, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, sequence++);
    struct nftnl_set *set = nftnl_set_alloc();
    struct nftnl_set_elem *element = nftnl_set_elem_alloc();
    if (!set || !element)
        abort();
    nftnl_set_set_str(set, NFTNL_SET_TABLE, table);
    nftnl_set_set_str(set, NFTNL_SET_NAME, name);
    uint32_t key = htonl(0xc6336401); // 198.51.100.1
    nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, &key, sizeof key);
    nftnl_set_elem_add(set, element);
    nftnl_set_elems_nlmsg_build_payload(message, set);
    nftnl_set_free(set);
    return message->nlmsg_len;
}

static void commit(bool adds, const char *table, const char *set)
{
    _Alignas(struct nlmsghdr) char buffer[8192];
    size_t length = nftnl_batch_begin(buffer, sequence++)->nlmsg_len;
    length += put_element(buffer + length, adds ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, table, set);
    length += nftnl_batch_end(buffer + length, sequence++)->nlmsg_len;
    if (mnl_socket_sendto(nftables_socket, buffer, length) < 0)
        fail("send");
    // The kernel answers only a refused commit, before the call returns.
    if (recv(mnl_socket_get_fd(nftables_socket), buffer, sizeof buffer, MSG_DONTWAIT) >= 0) {
        fprintf(stderr, "a commit was refused\n");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: commits COUNT MICROSECONDS TABLE SET\n");
        return 2;
    }
    long count = atol(argv[1]), pause = atol(argv[2]);
    nftables_socket = mnl_socket_open(NETLINK_NETFILTER);
    if (!nftables_socket || mnl_socket_bind(nftables_socket, 0, MNL_SOCKET_AUTOPID) < 0)
        fail("open a socket");
    int64_t start = (int64_t)now();
    for (long i = 0; count == 0 || i < count; i++) {
        commit(i % 2 == 0, argv[3], argv[4]);
        int64_t next = start + (i + 1) * pause * 1000;
        struct timespec time = {.tv_sec = next / 1000000000, .tv_nsec = next % 1000000000};
        while (pause > 0 && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
            ;
    }
    printf("%ld\n", (long)(((int64_t)now() - start) / count));
    return 0;
}
