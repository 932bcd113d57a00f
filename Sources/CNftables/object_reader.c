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

/// Reads a 64-bit number; an attribute that is absent is 0. Returns 0 or -EBADMSG.
static int read_count(struct cnftables_bytes list, uint16_t attribute, uint64_t *out)
{
    struct cnftables_bytes value;
    *out = 0;
    int status = find_attribute(list, attribute, &value);
    if (status == 0)
        status = read_u64(value, out);
    return status == -ENOENT ? 0 : status;
}

int cnftables_is_quota_spent(struct cnftables_bytes list, bool *is_spent)
{
    enum { SHORTEST_PACKET = 28 };
    struct cnftables_bytes bound;
    uint64_t bytes, consumed;
    bool is_bounded = find_attribute(list, NFTA_QUOTA_BYTES, &bound) == 0;
    int status = read_count(list, NFTA_QUOTA_BYTES, &bytes);
    if (status == 0)
        status = read_count(list, NFTA_QUOTA_CONSUMED, &consumed);
    if (status == 0)
        *is_spent = is_bounded && (bytes < SHORTEST_PACKET || consumed > bytes - SHORTEST_PACKET);
    return status;
}

/// An object, and its attribute NFTA_OBJ_DATA.
struct object_result {
    struct cnftables_object object;
    struct cnftables_bytes data;
};

static int read_attribute(const struct attribute *next, void *out)
{
    struct object_result *result = out;
    switch (next->type) {
    case NFTA_OBJ_TABLE:
        return read_string(next->value, &result->object.table);
    case NFTA_OBJ_NAME:
        return read_string(next->value, &result->object.name);
    case NFTA_OBJ_TYPE:
        return read_u32(next->value, &result->object.type);
    case NFTA_OBJ_DATA:
        result->data = next->value;
        return 0;
    default:
        return 0;
    }
}

int cnftables_read_object(struct cnftables_bytes message, struct cnftables_object *out)
{
    struct object_result result = {.data = {.length = 0}};
    struct cnftables_object *object = &result.object;
    bool is_spent = false;
    int status = cnftables_read_message(message, NFT_MSG_NEWOBJ, &object->family, read_attribute, &result);
    if (status == 0 && object->type == NFT_OBJECT_LIMIT)
        status = read_inversion(result.data, NFTA_LIMIT_FLAGS, NFT_LIMIT_F_INV, &object->is_inverted);
    else if (status == 0 && object->type == NFT_OBJECT_QUOTA)
        status = read_inversion(result.data, NFTA_QUOTA_FLAGS, NFT_QUOTA_F_INV, &object->is_inverted);
    if (status == 0 && object->type == NFT_OBJECT_QUOTA)
        status = cnftables_is_quota_spent(result.data, &is_spent);
    object->is_inverted ^= is_spent;
    if (status < 0)
        return status;
    if (object->table.start == NULL || object->name.start == NULL)
        return -ENOENT;
    *out = *object;
    return 0;
}
