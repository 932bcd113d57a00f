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

static int put_chain(
    struct cnftables_batch *batch, const struct nftnl_chain *chain, size_t size, uint16_t type,
    uint8_t family, uint16_t flags)
{
    struct nlmsghdr *message;
    int status = batch_start_message(batch, size, type, family, flags, &message);
    if (status < 0)
        return status;
    nftnl_chain_nlmsg_build_payload(message, chain);
    batch_commit_message(batch, message);
    batch->operations += 1;
    return 0;
}

int cnftables_add_chain(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *name,
    const struct cnftables_hook *hook, const char *comment)
{
    int status = batch_check(batch, table, name, comment);
    if (status == 0 && hook != NULL)
        status = batch_check_name(hook->type);
    if (status == 0 && hook != NULL && hook->device != NULL)
        status = batch_check_name(hook->device);
    if (status < 0)
        return status;
    struct nftnl_chain *chain = make_chain(table, name);
    if (chain == NULL)
        return -ENOMEM;
    size_t size = batch_message_size(table, name, comment);
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
        put_comment(&data, NFTNL_UDATA_CHAIN_COMMENT, comment);
        if (nftnl_chain_set_data(chain, NFTNL_CHAIN_USERDATA, data.bytes, data.length) < 0)
            status = -ENOMEM;
    }
    if (status == 0)
        status = put_chain(batch, chain, size, NFT_MSG_NEWCHAIN, family, NLM_F_CREATE);
    nftnl_chain_free(chain);
    return status;
}

int cnftables_delete_chain(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name)
{
    int status = batch_check(batch, table, name, NULL);
    if (status < 0)
        return status;
    struct nftnl_chain *chain = make_chain(table, name);
    if (chain == NULL)
        return -ENOMEM;
    status = put_chain(batch, chain, batch_message_size(table, name, NULL), NFT_MSG_DELCHAIN, family, 0);
    nftnl_chain_free(chain);
    return status;
}
