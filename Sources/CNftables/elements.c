// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch.h"

#include <arpa/inet.h>
#include <errno.h>

#include <libmnl/libmnl.h>
#include <libnftnl/set.h>
#include <linux/netfilter/nf_tables.h>

enum {
    /// Elements per message: their list must fit into one attribute, whose length has 16 bits.
    MESSAGE_ELEMENTS = 512,
    /// Bytes reserved for one element: its header, the key with headers, the timeout.
    ELEMENT_ROOM = 48,
};

/// Makes an nftnl set that stands for a list of elements of this set. Returns NULL when memory is short.
static struct nftnl_set *make_list(const char *table, const char *name)
{
    struct nftnl_set *set = nftnl_set_alloc();
    if (set == NULL)
        return NULL;
    if (nftnl_set_set_str(set, NFTNL_SET_TABLE, table) < 0
        || nftnl_set_set_str(set, NFTNL_SET_NAME, name) < 0) {
        nftnl_set_free(set);
        return NULL;
    }
    return set;
}

/// Appends an element to the list. Returns 0 or -ENOMEM.
static int append(struct nftnl_set *set, const struct cnftables_element *element)
{
    struct nftnl_set_elem *entry = nftnl_set_elem_alloc();
    if (entry == NULL)
        return -ENOMEM;
    // The fields of a key begin at multiples of four bytes.
    struct {
        uint32_t address;
        uint16_t port;
        uint16_t padding;
    } key = {.address = htonl(element->address), .port = htons(element->port)};
    const uint8_t number = (uint8_t)element->port;
    const void *start = element->has_address ? (const void *)&key : (const void *)&key.port;
    uint32_t length = element->has_address ? sizeof key : sizeof key.port;
    if (element->is_protocol) {
        start = &number;
        length = sizeof number;
    }
    if (nftnl_set_elem_set(entry, NFTNL_SET_ELEM_KEY, start, length) < 0) {
        nftnl_set_elem_free(entry);
        return -ENOMEM;
    }
    if (element->timeout != 0)
        nftnl_set_elem_set_u64(entry, NFTNL_SET_ELEM_TIMEOUT, element->timeout);
    nftnl_set_elem_add(set, entry);
    return 0;
}

/// Adds one message with these elements. For a deletion, no elements means all elements.
static int put_elements(
    struct cnftables_batch *batch, uint16_t type, uint8_t family, uint16_t flags, const char *table,
    const char *name, const struct cnftables_element *elements, size_t count)
{
    struct nftnl_set *set = make_list(table, name);
    if (set == NULL)
        return -ENOMEM;
    int status = 0;
    for (size_t index = 0; status == 0 && index < count; index++)
        status = append(set, &elements[index]);
    if (status == 0) {
        struct nlmsghdr *message;
        size_t size = batch_message_size(table, name, NULL) + count * ELEMENT_ROOM;
        status = batch_start_message(batch, size, type, family, flags, &message);
        if (status == 0) {
            nftnl_set_elems_nlmsg_build_payload(message, set);
            batch_commit_message(batch, message);
        }
    }
    nftnl_set_free(set);
    return status;
}

int cnftables_flush_set(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name)
{
    int status = batch_check(batch, table, name, NULL);
    if (status == 0)
        status = put_elements(batch, NFT_MSG_DELSETELEM, family, 0, table, name, NULL, 0);
    if (status == 0)
        batch->operations += 1;
    return status;
}

int cnftables_add_elements(
    struct cnftables_batch *batch, uint8_t family, const char *table, const char *set,
    const struct cnftables_element *elements, size_t count)
{
    int status = batch_check(batch, table, set, NULL);
    while (status == 0 && count > 0) {
        size_t part = count < MESSAGE_ELEMENTS ? count : MESSAGE_ELEMENTS;
        status = put_elements(batch, NFT_MSG_NEWSETELEM, family, NLM_F_CREATE, table, set, elements, part);
        elements += part;
        count -= part;
    }
    if (status == 0)
        batch->operations += 1;
    return status;
}
