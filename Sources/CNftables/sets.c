// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch.h"
#include "userdata.h"

#include <errno.h>

#include <libmnl/libmnl.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

/// Makes an nftnl set with this name. Returns NULL when memory is short.
static struct nftnl_set *make_set(const char *table, const char *name)
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

static int put_set(
    struct cnftables_batch *batch, struct nftnl_set *set, size_t size, uint16_t type, uint8_t family,
    uint16_t flags)
{
    struct nlmsghdr *message;
    int status = batch_start_message(batch, size, type, family, flags, &message);
    if (status < 0)
        return status;
    nftnl_set_nlmsg_build_payload(message, set);
    batch_commit_message(batch, message);
    batch->operations += 1;
    return 0;
}

int cnftables_add_set(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *name,
    const struct cnftables_set_type *type, const char *comment)
{
    int status = batch_check(batch, table, name, comment);
    if (status < 0)
        return status;
    struct nftnl_set *set = make_set(table, name);
    if (set == NULL)
        return -ENOMEM;
    nftnl_set_set_u32(set, NFTNL_SET_FLAGS, type->flags);
    nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, type->key_type);
    nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, type->key_length);
    // The kernel requires an ID by which later messages of the transaction could refer to the set.
    nftnl_set_set_u32(set, NFTNL_SET_ID, ++batch->last_set_id);
    struct user_data data = {.length = 0};
    put_user_data(&data, NFTNL_UDATA_SET_KEYBYTEORDER, &type->byte_order, sizeof type->byte_order);
    if (comment != NULL)
        put_comment(&data, NFTNL_UDATA_SET_COMMENT, comment);
    status = nftnl_set_set_data(set, NFTNL_SET_USERDATA, data.bytes, data.length) < 0 ? -ENOMEM : 0;
    if (status == 0)
        status = put_set(
            batch, set, batch_message_size(table, name, comment), NFT_MSG_NEWSET, family, NLM_F_CREATE);
    nftnl_set_free(set);
    return status;
}

int cnftables_delete_set(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name)
{
    int status = batch_check(batch, table, name, NULL);
    if (status < 0)
        return status;
    struct nftnl_set *set = make_set(table, name);
    if (set == NULL)
        return -ENOMEM;
    status = put_set(batch, set, batch_message_size(table, name, NULL), NFT_MSG_DELSET, family, 0);
    nftnl_set_free(set);
    return status;
}
