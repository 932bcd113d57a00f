// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch.h"
#include "userdata.h"

#include <errno.h>

#include <libmnl/libmnl.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

struct nftnl_set *cnftables_make_set(const char *table, const char *name)
{
    struct nftnl_set *set = nftnl_set_alloc();
    if (set == NULL)
        return NULL;
    if (nftnl_set_set_str(set, NFTNL_SET_TABLE, table) < 0
        || nftnl_set_set_str(set, NFTNL_SET_NAME, name) < 0) {
        nftnl_set_free(set);
        return NULL;
    }
    return set;
}

static void write_set(struct nlmsghdr *message, void *set)
{
    nftnl_set_nlmsg_build_payload(message, set);
}

int cnftables_add_set(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *name,
    const struct cnftables_set_type *type, const char *comment)
{
    int status = cnftables_check_operation(batch, table, name, comment);
    if (status < 0)
        return status;
    struct nftnl_set *set = cnftables_make_set(table, name);
    if (set == NULL)
        return -ENOMEM;
    nftnl_set_set_u32(set, NFTNL_SET_FLAGS, type->flags);
    nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, type->key_type);
    nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, type->key_length);
    // The kernel requires an ID by which later messages of the transaction could refer to the set.
    nftnl_set_set_u32(set, NFTNL_SET_ID, ++batch->last_set_id);
    struct user_data data = {.length = 0};
    cnftables_put_user_data(&data, NFTNL_UDATA_SET_KEYBYTEORDER, &type->byte_order, sizeof type->byte_order);
    if (comment != NULL)
        cnftables_put_comment(&data, NFTNL_UDATA_SET_COMMENT, comment);
    status = nftnl_set_set_data(set, NFTNL_SET_USERDATA, data.bytes, data.length) < 0 ? -ENOMEM : 0;
    if (status == 0)
        status = cnftables_put_operation(
            batch, cnftables_message_size(table, name, comment), NFT_MSG_NEWSET, family, NLM_F_CREATE,
            write_set, set);
    nftnl_set_free(set);
    return status;
}

int cnftables_delete_set(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name)
{
    int status = cnftables_check_operation(batch, table, name, NULL);
    if (status < 0)
        return status;
    struct nftnl_set *set = cnftables_make_set(table, name);
    if (set == NULL)
        return -ENOMEM;
    status = cnftables_put_operation(
        batch, cnftables_message_size(table, name, NULL), NFT_MSG_DELSET, family, 0, write_set, set);
    nftnl_set_free(set);
    return status;
}
