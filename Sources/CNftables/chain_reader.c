// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

static int read_hook(const struct attribute *next, void *out)
{
    struct cnftables_chain *chain = out;
    switch (next->type) {
    case NFTA_HOOK_HOOKNUM:
        return read_u32(next->value, &chain->hook);
    case NFTA_HOOK_PRIORITY:
        return read_s32(next->value, &chain->priority);
    case NFTA_HOOK_DEV:
        return read_string(next->value, &chain->device);
    case NFTA_HOOK_DEVS:
        chain->devices = next->value;
        return 0;
    default:
        return 0;
    }
}

int cnftables_next_device(struct cnftables_bytes *devices, struct cnftables_bytes *device)
{
    struct cnftables_bytes rest = *devices, name = {.start = NULL};
    struct attribute next;
    int status = next_attribute(&rest, &next);
    // Since Linux 6.17 a list may also have NFTA_DEVICE_PREFIX, a wildcard such as "eth*".
    if (status == 0 && next.type != 0 && next.type != NFTA_DEVICE_NAME)
        status = -EOPNOTSUPP;
    else if (status == 0 && next.type != 0)
        status = read_string(next.value, &name);
    if (status < 0)
        return status;
    *devices = rest;
    *device = name;
    return 0;
}

static int read_attribute(const struct attribute *next, void *out)
{
    struct cnftables_chain *chain = out;
    switch (next->type) {
    case NFTA_CHAIN_TABLE:
        return read_string(next->value, &chain->table);
    case NFTA_CHAIN_NAME:
        return read_string(next->value, &chain->name);
    case NFTA_CHAIN_HANDLE:
        return read_u64(next->value, &chain->handle);
    case NFTA_CHAIN_HOOK:
        chain->is_base = 1;
        return read_attributes(next->value, read_hook, chain);
    case NFTA_CHAIN_POLICY:
        return read_u32(next->value, &chain->policy);
    case NFTA_CHAIN_TYPE:
        return read_string(next->value, &chain->type);
    case NFTA_CHAIN_USE:
        return read_u32(next->value, &chain->use);
    case NFTA_CHAIN_USERDATA:
        read_comment(next->value, NFTNL_UDATA_CHAIN_COMMENT, &chain->comment);
        return 0;
    default:
        return 0;
    }
}

int cnftables_read_chain(struct cnftables_bytes message, struct cnftables_chain *out)
{
    struct cnftables_chain chain = {.family = 0};
    int status = cnftables_read_message(message, NFT_MSG_NEWCHAIN, &chain.family, read_attribute, &chain);
    if (status < 0)
        return status;
    if (chain.table.start == NULL || chain.name.start == NULL)
        return -ENOENT;
    *out = chain;
    return 0;
}
