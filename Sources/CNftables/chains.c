// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch.h"
#include "userdata.h"

#include <errno.h>
#include <string.h>

#include <netinet/in.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

_Static_assert(CNFTABLES_DROP == NF_DROP && CNFTABLES_ACCEPT == NF_ACCEPT, "policies");

/// Makes an nftnl chain with this name. Returns NULL when memory is short.
static struct nftnl_chain *make_chain(const char *table, const char *name)
{
    struct nftnl_chain *chain = nftnl_chain_alloc();
    if (chain == NULL)
        return NULL;
    if (nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, table) < 0
        || nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name) < 0) {
        nftnl_chain_free(chain);
        return NULL;
    }
    return chain;
}

static void write_chain(struct nlmsghdr *message, void *chain)
{
    nftnl_chain_nlmsg_build_payload(message, chain);
}

int cnftables_add_chain(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *name,
    const struct cnftables_hook *hook, const char *comment)
{
    int status = cnftables_check_operation(batch, table, name, comment);
    if (status == 0 && hook != NULL)
        status = cnftables_check_name(hook->type);
    if (status == 0 && hook != NULL && hook->device != NULL)
        status = cnftables_check_name(hook->device);
    if (status < 0)
        return status;
    struct nftnl_chain *chain = make_chain(table, name);
    if (chain == NULL)
        return -ENOMEM;
    size_t size = cnftables_message_size(table, name, comment);
    if (hook != NULL) {
        size += strlen(hook->type) + (hook->device != NULL ? strlen(hook->device) : 0);
        nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook->number);
        nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, hook->priority);
        nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, hook->policy);
        if (nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, hook->type) < 0)
            status = -ENOMEM;
        if (hook->device != NULL && nftnl_chain_set_str(chain, NFTNL_CHAIN_DEV, hook->device) < 0)
            status = -ENOMEM;
    }
    if (status == 0 && comment != NULL) {
        struct user_data data = {.length = 0};
        cnftables_put_comment(&data, NFTNL_UDATA_CHAIN_COMMENT, comment);
        if (nftnl_chain_set_data(chain, NFTNL_CHAIN_USERDATA, data.bytes, data.length) < 0)
            status = -ENOMEM;
    }
    if (status == 0)
        status =
            cnftables_put_operation(batch, size, NFT_MSG_NEWCHAIN, family, NLM_F_CREATE, write_chain, chain);
    nftnl_chain_free(chain);
    return status;
}

int cnftables_delete_chain(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name)
{
    int status = cnftables_check_operation(batch, table, name, NULL);
    if (status < 0)
        return status;
    struct nftnl_chain *chain = make_chain(table, name);
    if (chain == NULL)
        return -ENOMEM;
    status = cnftables_put_operation(
        batch, cnftables_message_size(table, name, NULL), NFT_MSG_DELCHAIN, family, 0, write_chain, chain);
    nftnl_chain_free(chain);
    return status;
}
