// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

enum {
    /// NFTA_SET_COUNT, which headers before Linux 6.17 lack.
    SET_COUNT = 20,
};

/// Reads the lengths of the fields of a concatenation (NFTA_SET_DESC_CONCAT).
static int read_fields(struct cnftables_bytes list, struct cnftables_set *set)
{
    struct attribute field;
    struct cnftables_bytes value;
    int status = 0;
    while (status == 0 && (status = next_attribute(&list, &field)) == 0 && field.type != 0) {
        status = find_attribute(field.value, NFTA_SET_FIELD_LEN, &value);
        if (status == -ENOENT)
            return -EBADMSG;
        if (status < 0 || set->field_count == CNFTABLES_FIELDS_MAX)
            return -EBADMSG;
        status = read_u32(value, &set->fields[set->field_count++]);
    }
    return status;
}

static int read_description(struct cnftables_bytes list, struct cnftables_set *set)
{
    struct attribute next;
    int status = 0;
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        if (next.type == NFTA_SET_DESC_SIZE)
            status = read_u32(next.value, &set->size);
        else if (next.type == NFTA_SET_DESC_CONCAT)
            status = read_fields(next.value, set);
    }
    return status;
}

int cnftables_read_set(struct cnftables_bytes message, struct cnftables_set *out)
{
    struct cnftables_set set = {.family = 0};
    struct cnftables_bytes list;
    struct attribute next;
    int status = cnftables_open_message(message, NFT_MSG_NEWSET, &set.family, &list);
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
        case NFTA_SET_DATA_TYPE:
            status = read_u32(next.value, &set.data_type);
            break;
        case NFTA_SET_DATA_LEN:
            status = read_u32(next.value, &set.data_length);
            break;
        case SET_COUNT:
            status = read_u32(next.value, &set.element_count);
            set.has_element_count = 1;
            break;
        case NFTA_SET_DESC:
            status = read_description(next.value, &set);
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
