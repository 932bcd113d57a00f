// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

static int read_attribute(const struct attribute *next, void *out)
{
    struct cnftables_table *table = out;
    switch (next->type) {
    case NFTA_TABLE_NAME:
        return read_string(next->value, &table->name);
    case NFTA_TABLE_FLAGS:
        return read_u32(next->value, &table->flags);
    case NFTA_TABLE_HANDLE:
        return read_u64(next->value, &table->handle);
    case NFTA_TABLE_OWNER:
        table->has_owner = 1;
        return read_u32(next->value, &table->owner);
    case NFTA_TABLE_USERDATA:
        read_comment(next->value, NFTNL_UDATA_TABLE_COMMENT, &table->comment);
        return 0;
    default:
        return 0;
    }
}

int cnftables_read_table(struct cnftables_bytes message, struct cnftables_table *out)
{
    struct cnftables_table table = {.family = 0};
    int status = cnftables_read_message(message, NFT_MSG_NEWTABLE, &table.family, read_attribute, &table);
    if (status < 0)
        return status;
    if (table.name.start == NULL)
        return -ENOENT;
    *out = table;
    return 0;
}
