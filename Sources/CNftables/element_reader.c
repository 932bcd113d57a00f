// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <linux/netfilter/nf_tables.h>

int cnftables_read_elements(struct cnftables_bytes message, struct cnftables_bytes *elements)
{
    uint8_t family;
    struct cnftables_bytes list;
    struct cnftables_bytes found = {.length = 0};
    int status = cnftables_open_message(message, NFT_MSG_NEWSETELEM, &family, &list);
    if (status == 0)
        status = find_attribute(list, NFTA_SET_ELEM_LIST_ELEMENTS, &found);
    if (status < 0 && status != -ENOENT)
        return status;
    *elements = found;
    return 0;
}

/// Reads the key of an element in a set of ports, of addresses and ports, or of protocols. Returns 0, -EBADMSG, or
/// -ENOTSUP for another key.
static int read_key(struct cnftables_bytes key, struct cnftables_element *element)
{
    struct cnftables_bytes value;
    uint32_t address;
    uint16_t port;
    int status = find_attribute(key, NFTA_DATA_VALUE, &value);
    if (status == -ENOENT)
        return -ENOTSUP;
    if (status < 0)
        return status;
    if (value.length == 1) {
        element->port = value.start[0];
        element->is_protocol = 1;
        return 0;
    }
    // An address, and a port that is padded to the size of an address.
    if (value.length == 2 * sizeof address) {
        memcpy(&address, value.start, sizeof address);
        element->address = ntohl(address);
        element->has_address = 1;
        value.start += sizeof address;
    } else if (value.length != sizeof port) {
        return -ENOTSUP;
    }
    memcpy(&port, value.start, sizeof port);
    element->port = ntohs(port);
    return 0;
}

int cnftables_next_element(struct cnftables_bytes *elements, struct cnftables_element *element, int *found)
{
    struct cnftables_bytes rest = *elements;
    struct cnftables_element result = {.port = 0};
    struct attribute entry, next;
    int has_key = 0;
    int status = next_attribute(&rest, &entry);
    if (status == 0 && entry.type == 0) {
        *found = 0;
        return 0;
    }
    while (status == 0 && (status = next_attribute(&entry.value, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_SET_ELEM_KEY:
            status = read_key(next.value, &result);
            has_key = 1;
            break;
        case NFTA_SET_ELEM_TIMEOUT:
            status = read_u64(next.value, &result.timeout);
            break;
        case NFTA_SET_ELEM_EXPIRATION:
            status = read_u64(next.value, &result.expiration);
            break;
        case NFTA_SET_ELEM_KEY_END:
        case NFTA_SET_ELEM_DATA:
            status = -ENOTSUP;
            break;
        default:
            break;
        }
    }
    if (status < 0)
        return status;
    if (!has_key)
        return -ENOTSUP;
    *elements = rest;
    *element = result;
    *found = 1;
    return 0;
}

/// Reads the datum of a map element: a verdict or a value. Returns 0 or -EBADMSG.
static int read_datum(struct cnftables_bytes data, struct cnftables_entry *entry)
{
    int status = cnftables_read_data_verdict(data, &entry->verdict, &entry->chain);
    if (status == 0)
        entry->has_verdict = 1;
    if (status != -ENOENT)
        return status;
    status = find_attribute(data, NFTA_DATA_VALUE, &entry->data);
    return status == -ENOENT ? 0 : status;
}

/// Reads the attributes of an element of any type. Returns 0 or -EBADMSG.
static int read_entry(struct cnftables_bytes list, struct cnftables_entry *entry)
{
    struct attribute next;
    int status = 0;
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_SET_ELEM_KEY:
            status = find_attribute(next.value, NFTA_DATA_VALUE, &entry->key);
            break;
        case NFTA_SET_ELEM_KEY_END:
            status = find_attribute(next.value, NFTA_DATA_VALUE, &entry->key_end);
            break;
        case NFTA_SET_ELEM_DATA:
            status = read_datum(next.value, entry);
            break;
        case NFTA_SET_ELEM_FLAGS:
            status = read_u32(next.value, &entry->flags);
            break;
        case NFTA_SET_ELEM_OBJREF:
            status = read_string(next.value, &entry->object);
            break;
        default:
            break;
        }
    }
    return status == -ENOENT ? -EBADMSG : status; // a key without a value
}

int cnftables_next_entry(struct cnftables_bytes *elements, struct cnftables_entry *entry, int *found)
{
    struct cnftables_bytes rest = *elements;
    struct cnftables_entry result = {.flags = 0};
    struct attribute next;
    int status = next_attribute(&rest, &next);
    if (status < 0)
        return status;
    if (next.type == 0) {
        *found = 0;
        return 0;
    }
    status = read_entry(next.value, &result);
    if (status < 0)
        return status;
    *elements = rest;
    *entry = result;
    *found = 1;
    return 0;
}
