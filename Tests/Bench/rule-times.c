// SPDX-License-Identifier: GPL-2.0-or-later
// Prints when the ruleset was changed, and when a port was added to the set `teredowall-ports` of the table
// `inet filter`, or removed.
//
// Each line is "open|close PORT NANOSECONDS" or, for each transaction, "commit NANOSECONDS RULES NAME": the
// number of added rules, and the name of the program that committed it. The times are those of
// CLOCK_MONOTONIC when the kernel's message about the transaction arrived here, slightly after the commit
// itself.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/// A port that the current transaction adds ("open") or removes ("close").
struct change {
    const char *what;
    unsigned port;
};

enum { MOST_CHANGES = 1024 };

/// The changes of the current transaction (further ones are left out), their number, and the number of rules that it
/// adds.
static struct change changes[MOST_CHANGES];
static unsigned pending;
static unsigned rules;

static void collect(const struct nlmsghdr *message, const char *what)
{
    struct nftnl_set *set = nftnl_set_alloc();
    if (!set)
        abort();
    if (nftnl_set_elems_nlmsg_parse(message, set) == 0
        && strcmp(nftnl_set_get_str(set, NFTNL_SET_NAME), "teredowall-ports") == 0
        && strcmp(nftnl_set_get_str(set, NFTNL_SET_TABLE), "filter") == 0) {
        struct nftnl_set_elems_iter *elements = nftnl_set_elems_iter_create(set);
        struct nftnl_set_elem *element;
        while (elements && (element = nftnl_set_elems_iter_next(elements)) && pending < MOST_CHANGES) {
            uint32_t size;
            const void *key = nftnl_set_elem_get(element, NFTNL_SET_ELEM_KEY, &size);
            uint16_t port;
            if (key && size >= sizeof port) {
                memcpy(&port, key, sizeof port);
                changes[pending++] = (struct change){what, ntohs(port)};
            }
        }
        nftnl_set_elems_iter_destroy(elements);
    }
    nftnl_set_free(set);
}

static const char *author(const struct nlmsghdr *message)
{
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg)) if (
        mnl_attr_get_type(attribute) == NFTA_GEN_PROC_NAME
        && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0) return mnl_attr_get_str(attribute);
    return "-";
}

static int read_event(const struct nlmsghdr *message, void *context)
{
    (void)context;
    switch (NFNL_MSG_TYPE(message->nlmsg_type)) {
    case NFT_MSG_NEWSETELEM:
        collect(message, "open");
        break;
    case NFT_MSG_DELSETELEM:
        collect(message, "close");
        break;
    case NFT_MSG_NEWRULE:
        rules++;
        break;
    case NFT_MSG_NEWGEN: {
        struct timespec time;
        clock_gettime(CLOCK_MONOTONIC, &time);
        for (unsigned i = 0; i < pending; i++)
            printf(
                "%s %u %lld%09ld\n", changes[i].what, changes[i].port, (long long)time.tv_sec, time.tv_nsec);
        printf("commit %lld%09ld %u %s\n", (long long)time.tv_sec, time.tv_nsec, rules, author(message));
        pending = 0;
        rules = 0;
        fflush(stdout);
        break;
    }
    }
    return MNL_CB_OK;
}

int main(void)
{
    static char buffer[1 << 16];
    struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
    int size = 1 << 28; // bytes, for the events of whole rulesets
    int group = NFNLGRP_NFTABLES;
    if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0
        || mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0
        || setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
        perror("rule-times");
        return 1;
    }
    for (;;) {
        ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
        if (length < 0 || mnl_cb_run(buffer, (size_t)length, 0, 0, read_event, NULL) < 0) {
            perror("rule-times");
            return 1;
        }
    }
}
