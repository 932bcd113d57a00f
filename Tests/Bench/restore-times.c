// SPDX-License-Identifier: GPL-2.0-or-later
// restore-times FAMILY TABLE CHAIN nft|iptables: appends a rule to that chain after every foreign commit.
// Ends at the end of its input.
//
// The time from the foreign commit to the commit of this rule is a lower limit to compare the daemon with: one
// transaction of one message, without reading what was removed. With `iptables` the rule has a match as in rules
// of iptables.
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_comment.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t sequence = 1;

static struct mnl_socket *open_socket(void)
{
    struct mnl_socket *nftables_socket = mnl_socket_open(NETLINK_NETFILTER);
    if (!nftables_socket || mnl_socket_bind(nftables_socket, 0, MNL_SOCKET_AUTOPID) < 0)
        fail("open");
    return nftables_socket;
}

static void add_expression(struct nftnl_rule *rule, const char *name, bool is_comment)
{
    struct nftnl_expr *expression = nftnl_expr_alloc(name);
    if (!expression)
        abort();
    if (is_comment) {
        struct xt_comment_info *info = calloc(1, sizeof *info);
        if (!info)
            abort();
        strcpy(info->comment, "bench");
        nftnl_expr_set_str(expression, NFTNL_EXPR_MT_NAME, "comment");
        nftnl_expr_set_u32(expression, NFTNL_EXPR_MT_REV, 0);
        nftnl_expr_set(expression, NFTNL_EXPR_MT_INFO, info, sizeof *info); // the expression takes ownership
    }
    nftnl_rule_add_expr(rule, expression);
}

/// Adds the rule to the chain `place[1]` of the table `place[0]`. If the chain is missing (ENOENT), the event of the
/// commit that makes it leads to another attempt.
static void restore(struct mnl_socket *nftables_socket, char **place, uint16_t family, bool iptables)
{
    _Alignas(struct nlmsghdr) char buffer[8192];
    size_t length = nftnl_batch_begin(buffer, sequence++)->nlmsg_len;
    struct nlmsghdr *message = nftnl_nlmsg_build_hdr(
        buffer + length, NFT_MSG_NEWRULE, family, NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND, sequence++);
    struct nftnl_rule *rule = nftnl_rule_alloc();
    if (!rule)
        abort();
    nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, place[0]);
    nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, place[1]);
    if (iptables)
        add_expression(rule, "match", true);
    add_expression(rule, "counter", false);
    nftnl_rule_nlmsg_build_payload(message, rule);
    nftnl_rule_free(rule);
    length += message->nlmsg_len;
    length += nftnl_batch_end(buffer + length, sequence++)->nlmsg_len;
    if (mnl_socket_sendto(nftables_socket, buffer, length) < 0)
        fail("send");
    ssize_t received = recv(mnl_socket_get_fd(nftables_socket), buffer, sizeof buffer, 0);
    if (received < 0 || (mnl_cb_run(buffer, (size_t)received, 0, 0, NULL, NULL) < 0 && errno != ENOENT))
        fail("commit");
}

/// The input of `note_commit`, the netlink port of this program, and its result: whether another program has committed.
struct listening {
    uint32_t own_port;
    bool by_others;
};

static int note_commit(const struct nlmsghdr *message, void *context)
{
    struct listening *listening = context;
    if (NFNL_MSG_TYPE(message->nlmsg_type) == NFT_MSG_NEWGEN && message->nlmsg_pid != listening->own_port)
        listening->by_others = true;
    return MNL_CB_OK;
}

int main(int argc, char **argv)
{
    bool iptables = argc == 5 && strcmp(argv[4], "iptables") == 0;
    uint16_t family = argc == 5 && strcmp(argv[1], "inet") == 0 ? NFPROTO_INET : NFPROTO_IPV4;
    if (argc != 5 || (!iptables && strcmp(argv[4], "nft") != 0)) {
        fputs("usage: restore-times ip|inet TABLE CHAIN nft|iptables\n", stderr);
        return 2;
    }
    static char buffer[1 << 16];
    struct mnl_socket *events = open_socket();
    struct mnl_socket *nftables_socket = open_socket();
    int size = 1 << 28; // bytes, for the events of whole rulesets
    int group = NFNLGRP_NFTABLES;
    if (mnl_socket_setsockopt(events, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0
        || setsockopt(mnl_socket_get_fd(events), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        fail("listen");
    struct pollfd waiting[] = {{mnl_socket_get_fd(events), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (poll(waiting, 2, -1) > 0 && !waiting[1].revents) {
        struct listening listening = {.own_port = mnl_socket_get_portid(nftables_socket)};
        ssize_t length = mnl_socket_recvfrom(events, buffer, sizeof buffer);
        if (length < 0 || mnl_cb_run(buffer, (size_t)length, 0, 0, note_commit, &listening) < 0)
            fail("events");
        if (listening.by_others)
            restore(nftables_socket, argv + 2, family, iptables);
    }
    return 0;
}
