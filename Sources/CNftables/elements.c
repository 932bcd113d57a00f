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

static void write_elements(struct nlmsghdr *message, void *set)
{
    nftnl_set_elems_nlmsg_build_payload(message, set);
}

/// Adds one message with these elements. For a deletion, no elements means all elements.
static int put_elements(
    struct cnftables_batch *batch, uint16_t type, uint8_t family, uint16_t flags, const char *table,
    const char *name, const struct cnftables_element *elements, size_t count)
{
    struct nftnl_set *set = cnftables_make_set(table, name);
    if (set == NULL)
        return -ENOMEM;
    int status = 0;
    for (size_t index = 0; status == 0 && index < count; index++)
        status = append(set, &elements[index]);
    size_t size = cnftables_message_size(table, name, NULL) + count * ELEMENT_ROOM;
    if (status == 0)
        status = cnftables_put_message(batch, size, type, family, flags, write_elements, set);
    nftnl_set_free(set);
    return status;
}

int cnftables_flush_set(struct cnftables_batch *batch, uint8_t family, const char *table, const char *name)
{
    int status = cnftables_check_operation(batch, table, name, NULL);
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
    int status = cnftables_check_operation(batch, table, set, NULL);
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
