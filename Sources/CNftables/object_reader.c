// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <linux/netfilter/nf_tables.h>

/// Reads the flags of a limit or quota: `*out` is 1 if they have the bit `flag`, which inverts the limit or quota, else
/// 0. Returns 0 or -EBADMSG.
static int read_inversion(struct cnftables_bytes data, uint16_t attribute, uint32_t flag, uint8_t *out)
{
    struct cnftables_bytes value;
    uint32_t flags = 0;
    int status = find_attribute(data, attribute, &value);
    if (status == 0)
        status = read_u32(value, &flags);
    if (status == -ENOENT)
        status = 0;
    *out = (flags & flag) != 0;
    return status;
}

int cnftables_read_object(struct cnftables_bytes message, struct cnftables_object *out)
{
    struct cnftables_object object = {.family = 0};
    struct cnftables_bytes list, data = {.length = 0};
    struct attribute next;
    int status = cnftables_open_message(message, NFT_MSG_NEWOBJ, &object.family, &list);
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_OBJ_TABLE:
            status = read_string(next.value, &object.table);
            break;
        case NFTA_OBJ_NAME:
            status = read_string(next.value, &object.name);
            break;
        case NFTA_OBJ_TYPE:
            status = read_u32(next.value, &object.type);
            break;
        case NFTA_OBJ_DATA:
            data = next.value;
            break;
        default:
            break;
        }
    }
    if (status == 0 && object.type == NFT_OBJECT_LIMIT)
        status = read_inversion(data, NFTA_LIMIT_FLAGS, NFT_LIMIT_F_INV, &object.is_inverted);
    else if (status == 0 && object.type == NFT_OBJECT_QUOTA)
        status = read_inversion(data, NFTA_QUOTA_FLAGS, NFT_QUOTA_F_INV, &object.is_inverted);
    if (status < 0)
        return status;
    if (object.table.start == NULL || object.name.start == NULL)
        return -ENOENT;
    *out = object;
    return 0;
}
