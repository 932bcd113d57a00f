// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch.h"
#include "userdata.h"

#include <errno.h>

#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

/// Makes an nftnl rule in this chain. Returns NULL when memory is short.
static struct nftnl_rule *make_rule(const char *table, const char *chain)
{
    struct nftnl_rule *rule = nftnl_rule_alloc();
    if (rule == NULL)
        return NULL;
    if (nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, table) < 0
        || nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain) < 0) {
        nftnl_rule_free(rule);
        return NULL;
    }
    return rule;
}

static void write_rule(struct nlmsghdr *message, void *rule)
{
    nftnl_rule_nlmsg_build_payload(message, rule);
}

int cnftables_begin_rule(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *chain,
    enum cnftables_position position, uint64_t handle, uint32_t compat_protocol, const char *comment)
{
    int status = cnftables_check_operation(batch, table, chain, comment);
    if (status < 0)
        return status;
    struct nftnl_rule *rule = make_rule(table, chain);
    if (rule == NULL)
        return -ENOMEM;
    if (comment != NULL) {
        struct user_data data = {.length = 0};
        cnftables_put_comment(&data, NFTNL_UDATA_RULE_COMMENT, comment);
        if (nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA, data.bytes, data.length) < 0) {
            nftnl_rule_free(rule);
            return -ENOMEM;
        }
    }
    if (position == CNFTABLES_BEFORE || position == CNFTABLES_AFTER)
        nftnl_rule_set_u64(rule, NFTNL_RULE_POSITION, handle);
    if (compat_protocol != 0) {
        nftnl_rule_set_u32(rule, NFTNL_RULE_COMPAT_PROTO, compat_protocol);
        nftnl_rule_set_u32(rule, NFTNL_RULE_COMPAT_FLAGS, 0);
    }
    // Without NLM_F_APPEND the kernel inserts at the head of the chain, or before the given rule.
    bool appends = position == CNFTABLES_LAST || position == CNFTABLES_AFTER;
    batch->rule = rule;
    batch->rule_flags = (uint16_t)(NLM_F_CREATE | (appends ? NLM_F_APPEND : 0));
    batch->rule_family = family;
    batch->rule_size = cnftables_message_size(table, chain, comment);
    return 0;
}

int cnftables_end_rule(struct cnftables_batch *batch)
{
    if (batch->finished || batch->rule == NULL)
        return -EINVAL;
    int status = cnftables_put_operation(
        batch, batch->rule_size, NFT_MSG_NEWRULE, batch->rule_family, batch->rule_flags, write_rule,
        batch->rule);
    nftnl_rule_free(batch->rule);
    batch->rule = NULL;
    return status;
}

int cnftables_delete_rule(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *chain, uint64_t handle)
{
    int status = cnftables_check_operation(batch, table, chain, NULL);
    if (status < 0)
        return status;
    struct nftnl_rule *rule = make_rule(table, chain);
    if (rule == NULL)
        return -ENOMEM;
    nftnl_rule_set_u64(rule, NFTNL_RULE_HANDLE, handle);
    status = cnftables_put_operation(
        batch, cnftables_message_size(table, chain, NULL), NFT_MSG_DELRULE, family, 0, write_rule, rule);
    nftnl_rule_free(rule);
    return status;
}

int cnftables_flush_chain(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name)
{
    int status = cnftables_check_operation(batch, table, name, NULL);
    if (status < 0)
        return status;
    // A deletion without a handle removes all rules of the chain.
    struct nftnl_rule *rule = make_rule(table, name);
    if (rule == NULL)
        return -ENOMEM;
    status = cnftables_put_operation(
        batch, cnftables_message_size(table, name, NULL), NFT_MSG_DELRULE, family, 0, write_rule, rule);
    nftnl_rule_free(rule);
    return status;
}
