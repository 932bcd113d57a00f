// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch.h"
#include "userdata.h"

#include <errno.h>

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

static void write_table(struct nlmsghdr *message, void *table)
{
    nftnl_table_nlmsg_build_payload(message, table);
}

int cnftables_add_table(
    struct cnftables_batch *batch, uint8_t family, const char *name, uint32_t flags, const char *comment)
{
    // A table has no other name.
    int status = cnftables_check_operation(batch, name, name, comment);
    if (status < 0)
        return status;
    struct nftnl_table *table = nftnl_table_alloc();
    if (table == NULL)
        return -ENOMEM;
    struct user_data data = {.length = 0};
    status = nftnl_table_set_str(table, NFTNL_TABLE_NAME, name) < 0 ? -ENOMEM : 0;
    nftnl_table_set_u32(table, NFTNL_TABLE_FLAGS, flags);
    if (status == 0 && comment != NULL) {
        cnftables_put_comment(&data, NFTNL_UDATA_TABLE_COMMENT, comment);
        if (nftnl_table_set_data(table, NFTNL_TABLE_USERDATA, data.bytes, data.length) < 0)
            status = -ENOMEM;
    }
    if (status == 0)
        status = cnftables_put_operation(
            batch, cnftables_message_size(name, NULL, comment), NFT_MSG_NEWTABLE, family, NLM_F_CREATE,
            write_table, table);
    nftnl_table_free(table);
    return status;
}

int cnftables_delete_table(struct cnftables_batch *batch, uint8_t family, const char *name)
{
    int status = cnftables_check_operation(batch, name, name, NULL);
    if (status < 0)
        return status;
    struct nftnl_table *table = nftnl_table_alloc();
    if (table == NULL)
        return -ENOMEM;
    status = nftnl_table_set_str(table, NFTNL_TABLE_NAME, name) < 0 ? -ENOMEM : 0;
    if (status == 0)
        status = cnftables_put_operation(
            batch, cnftables_message_size(name, NULL, NULL), NFT_MSG_DELTABLE, family, 0, write_table, table);
    nftnl_table_free(table);
    return status;
}
