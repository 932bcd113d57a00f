// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

int cnftables_read_table(struct cnftables_bytes message, struct cnftables_table *out)
{
    struct cnftables_table table = {.family = 0};
    struct cnftables_bytes list;
    struct attribute next;
    int status = cnftables_open_message(message, NFT_MSG_NEWTABLE, &table.family, &list);
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_TABLE_NAME:
            status = read_string(next.value, &table.name);
            break;
        case NFTA_TABLE_FLAGS:
            status = read_u32(next.value, &table.flags);
            break;
        case NFTA_TABLE_HANDLE:
            status = read_u64(next.value, &table.handle);
            break;
        case NFTA_TABLE_OWNER:
            status = read_u32(next.value, &table.owner);
            table.has_owner = 1;
            break;
        case NFTA_TABLE_USERDATA:
            read_comment(next.value, NFTNL_UDATA_TABLE_COMMENT, &table.comment);
            break;
        default:
            break;
        }
    }
    if (status < 0)
        return status;
    if (table.name.start == NULL)
        return -ENOENT;
    *out = table;
    return 0;
}
