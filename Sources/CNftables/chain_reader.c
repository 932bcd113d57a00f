// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

static int read_hook(struct cnftables_bytes list, struct cnftables_chain *chain)
{
    struct attribute next;
    int status = 0;
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_HOOK_HOOKNUM:
            status = read_u32(next.value, &chain->hook);
            break;
        case NFTA_HOOK_PRIORITY:
            status = read_s32(next.value, &chain->priority);
            break;
        case NFTA_HOOK_DEV:
            status = read_string(next.value, &chain->device);
            break;
        case NFTA_HOOK_DEVS:
            chain->devices = next.value;
            break;
        default:
            break;
        }
    }
    chain->is_base = 1;
    return status;
}

int cnftables_next_device(struct cnftables_bytes *devices, struct cnftables_bytes *device)
{
    struct cnftables_bytes rest = *devices, name;
    struct attribute next;
    int status = 0;
    while (status == 0 && (status = next_attribute(&rest, &next)) == 0 && next.type != 0) {
        // Since Linux 6.17 a list may also have NFTA_DEVICE_PREFIX, a wildcard such as "eth*".
        if (next.type != NFTA_DEVICE_NAME)
            return -EOPNOTSUPP;
        status = read_string(next.value, &name);
        if (status < 0)
            return status;
        *devices = rest;
        *device = name;
        return 0;
    }
    if (status == 0)
        *device = (struct cnftables_bytes){.start = NULL};
    return status;
}

int cnftables_read_chain(struct cnftables_bytes message, struct cnftables_chain *out)
{
    struct cnftables_chain chain = {.family = 0};
    struct cnftables_bytes list;
    struct attribute next;
    int status = cnftables_open_message(message, NFT_MSG_NEWCHAIN, &chain.family, &list);
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_CHAIN_TABLE:
            status = read_string(next.value, &chain.table);
            break;
        case NFTA_CHAIN_NAME:
            status = read_string(next.value, &chain.name);
            break;
        case NFTA_CHAIN_HANDLE:
            status = read_u64(next.value, &chain.handle);
            break;
        case NFTA_CHAIN_HOOK:
            status = read_hook(next.value, &chain);
            break;
        case NFTA_CHAIN_POLICY:
            status = read_u32(next.value, &chain.policy);
            break;
        case NFTA_CHAIN_TYPE:
            status = read_string(next.value, &chain.type);
            break;
        case NFTA_CHAIN_USE:
            status = read_u32(next.value, &chain.use);
            break;
        case NFTA_CHAIN_USERDATA:
            read_comment(next.value, NFTNL_UDATA_CHAIN_COMMENT, &chain.comment);
            break;
        default:
            break;
        }
    }
    if (status < 0)
        return status;
    if (chain.table.start == NULL || chain.name.start == NULL)
        return -ENOENT;
    *out = chain;
    return 0;
}
