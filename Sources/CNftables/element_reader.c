// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <stdbool.h>

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

/// An element, and whether its key has been read.
struct element_result {
    struct cnftables_element element;
    bool has_key;
};

static int read_element(const struct attribute *next, void *out)
{
    struct element_result *result = out;
    switch (next->type) {
    case NFTA_SET_ELEM_KEY:
        result->has_key = true;
        return read_key(next->value, &result->element);
    case NFTA_SET_ELEM_TIMEOUT:
        return read_u64(next->value, &result->element.timeout);
    case NFTA_SET_ELEM_EXPIRATION:
        return read_u64(next->value, &result->element.expiration);
    case NFTA_SET_ELEM_KEY_END:
    case NFTA_SET_ELEM_DATA:
        return -ENOTSUP;
    default:
        return 0;
    }
}

int cnftables_next_element(struct cnftables_bytes *elements, struct cnftables_element *element, int *found)
{
    struct cnftables_bytes rest = *elements;
    struct element_result result = {.has_key = false};
    struct attribute entry;
    int status = next_attribute(&rest, &entry);
    if (status == 0 && entry.type == 0) {
        *found = 0;
        return 0;
    }
    if (status == 0)
        status = read_attributes(entry.value, read_element, &result);
    if (status < 0)
        return status;
    if (!result.has_key)
        return -ENOTSUP;
    *elements = rest;
    *element = result.element;
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

/// Reads an attribute of an element of any type. Returns 0, -EBADMSG, or -ENOENT for a key without a value.
static int read_entry(const struct attribute *next, void *out)
{
    struct cnftables_entry *entry = out;
    switch (next->type) {
    case NFTA_SET_ELEM_KEY:
        return find_attribute(next->value, NFTA_DATA_VALUE, &entry->key);
    case NFTA_SET_ELEM_KEY_END:
        return find_attribute(next->value, NFTA_DATA_VALUE, &entry->key_end);
    case NFTA_SET_ELEM_DATA:
        return read_datum(next->value, entry);
    case NFTA_SET_ELEM_FLAGS:
        return read_u32(next->value, &entry->flags);
    case NFTA_SET_ELEM_OBJREF:
        return read_string(next->value, &entry->object);
    default:
        return 0;
    }
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
    status = read_attributes(next.value, read_entry, &result);
    if (status < 0)
        return status == -ENOENT ? -EBADMSG : status;
    *elements = rest;
    *entry = result;
    *found = 1;
    return 0;
}
