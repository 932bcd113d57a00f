// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

int cnftables_read_set(struct cnftables_bytes message, struct cnftables_set *out)
{
    struct cnftables_set set = {.family = 0};
    struct cnftables_bytes list;
    struct attribute next;
    int status = open_message(message, NFT_MSG_NEWSET, &set.family, &list);
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_SET_TABLE:
            status = read_string(next.value, &set.table);
            break;
        case NFTA_SET_NAME:
            status = read_string(next.value, &set.name);
            break;
        case NFTA_SET_HANDLE:
            status = read_u64(next.value, &set.handle);
            break;
        case NFTA_SET_FLAGS:
            status = read_u32(next.value, &set.flags);
            break;
        case NFTA_SET_KEY_TYPE:
            status = read_u32(next.value, &set.key_type);
            break;
        case NFTA_SET_KEY_LEN:
            status = read_u32(next.value, &set.key_length);
            break;
        case NFTA_SET_USERDATA:
            read_comment(next.value, NFTNL_UDATA_SET_COMMENT, &set.comment);
            break;
        default:
            break;
        }
    }
    if (status < 0)
        return status;
    if (set.table.start == NULL || set.name.start == NULL)
        return -ENOENT;
    *out = set;
    return 0;
}
