// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

enum {
    /// NFTA_SET_COUNT, which headers before Linux 6.17 lack.
    SET_COUNT = 20,
};

/// Reads the length of one field of a concatenation, an element of NFTA_SET_DESC_CONCAT.
static int read_field(const struct attribute *field, void *out)
{
    struct cnftables_set *set = out;
    struct cnftables_bytes length;
    if (set->field_count == CNFTABLES_FIELDS_MAX
        || find_attribute(field->value, NFTA_SET_FIELD_LEN, &length) < 0)
        return -EBADMSG;
    return read_u32(length, &set->fields[set->field_count++]);
}

static int read_description(const struct attribute *next, void *out)
{
    struct cnftables_set *set = out;
    switch (next->type) {
    case NFTA_SET_DESC_SIZE:
        return read_u32(next->value, &set->size);
    case NFTA_SET_DESC_CONCAT:
        return read_attributes(next->value, read_field, set);
    default:
        return 0;
    }
}

static int read_attribute(const struct attribute *next, void *out)
{
    struct cnftables_set *set = out;
    switch (next->type) {
    case NFTA_SET_TABLE:
        return read_string(next->value, &set->table);
    case NFTA_SET_NAME:
        return read_string(next->value, &set->name);
    case NFTA_SET_HANDLE:
        return read_u64(next->value, &set->handle);
    case NFTA_SET_FLAGS:
        return read_u32(next->value, &set->flags);
    case NFTA_SET_KEY_TYPE:
        return read_u32(next->value, &set->key_type);
    case NFTA_SET_KEY_LEN:
        return read_u32(next->value, &set->key_length);
    case NFTA_SET_DATA_TYPE:
        return read_u32(next->value, &set->data_type);
    case NFTA_SET_DATA_LEN:
        return read_u32(next->value, &set->data_length);
    case SET_COUNT:
        set->has_element_count = 1;
        return read_u32(next->value, &set->element_count);
    case NFTA_SET_DESC:
        return read_attributes(next->value, read_description, set);
    case NFTA_SET_USERDATA:
        read_comment(next->value, NFTNL_UDATA_SET_COMMENT, &set->comment);
        return 0;
    default:
        return 0;
    }
}

int cnftables_read_set(struct cnftables_bytes message, struct cnftables_set *out)
{
    struct cnftables_set set = {.family = 0};
    int status = cnftables_read_message(message, NFT_MSG_NEWSET, &set.family, read_attribute, &set);
    if (status < 0)
        return status;
    if (set.table.start == NULL || set.name.start == NULL)
        return -ENOENT;
    *out = set;
    return 0;
}
