// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "cnftables_messages.h"
#include "messages.h"

#include <netinet/in.h>

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

int cnftables_next_message(struct cnftables_bytes *datagram, struct cnftables_bytes *message)
{
    struct nlmsghdr header;
    if (datagram->length == 0) {
        *message = (struct cnftables_bytes){.length = 0};
        return 0;
    }
    if (datagram->length < sizeof header)
        return -EBADMSG;
    memcpy(&header, datagram->start, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram->length)
        return -EBADMSG;
    *message = (struct cnftables_bytes){.start = datagram->start, .length = header.nlmsg_len};
    size_t step = NLMSG_ALIGN((size_t)header.nlmsg_len);
    if (step > datagram->length)
        step = datagram->length;
    datagram->start += step;
    datagram->length -= step;
    return 0;
}

int open_message(
    struct cnftables_bytes message, uint16_t type, uint8_t *family, struct cnftables_bytes *attributes)
{
    struct nlmsghdr header;
    struct nfgenmsg extra;
    const size_t start = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof extra);
    if (message.length < sizeof header)
        return -EBADMSG;
    memcpy(&header, message.start, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > message.length)
        return -EBADMSG;
    if (header.nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | type))
        return -ENOMSG;
    if (header.nlmsg_len < start)
        return -EBADMSG;
    memcpy(&extra, message.start + NLMSG_HDRLEN, sizeof extra);
    *family = extra.nfgen_family;
    *attributes =
        (struct cnftables_bytes){.start = message.start + start, .length = header.nlmsg_len - start};
    return 0;
}

int cnftables_read_table(struct cnftables_bytes message, struct cnftables_table *out)
{
    struct cnftables_table table = {.family = 0};
    struct cnftables_bytes list;
    struct attribute next;
    int status = open_message(message, NFT_MSG_NEWTABLE, &table.family, &list);
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

static int read_hook(struct cnftables_bytes list, struct cnftables_chain *chain)
{
    struct attribute next;
    int status = 0;
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_HOOK_HOOKNUM:
            status = read_u32(next.value, &chain->hook);
            break;
        case NFTA_HOOK_PRIORITY:
            status = read_s32(next.value, &chain->priority);
            break;
        default:
            break;
        }
    }
    chain->is_base = 1;
    return status;
}

int cnftables_read_chain(struct cnftables_bytes message, struct cnftables_chain *out)
{
    struct cnftables_chain chain = {.family = 0};
    struct cnftables_bytes list;
    struct attribute next;
    int status = open_message(message, NFT_MSG_NEWCHAIN, &chain.family, &list);
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_CHAIN_TABLE:
            status = read_string(next.value, &chain.table);
            break;
        case NFTA_CHAIN_NAME:
            status = read_string(next.value, &chain.name);
            break;
        case NFTA_CHAIN_HANDLE:
            status = read_u64(next.value, &chain.handle);
            break;
        case NFTA_CHAIN_HOOK:
            status = read_hook(next.value, &chain);
            break;
        case NFTA_CHAIN_POLICY:
            status = read_u32(next.value, &chain.policy);
            break;
        case NFTA_CHAIN_TYPE:
            status = read_string(next.value, &chain.type);
            break;
        case NFTA_CHAIN_USE:
            status = read_u32(next.value, &chain.use);
            break;
        case NFTA_CHAIN_USERDATA:
            read_comment(next.value, NFTNL_UDATA_CHAIN_COMMENT, &chain.comment);
            break;
        default:
            break;
        }
    }
    if (status < 0)
        return status;
    if (chain.table.start == NULL || chain.name.start == NULL)
        return -ENOENT;
    *out = chain;
    return 0;
}

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

int cnftables_read_rule(struct cnftables_bytes message, struct cnftables_rule *out)
{
    struct cnftables_rule rule = {.family = 0};
    struct cnftables_bytes list;
    struct attribute next;
    int status = open_message(message, NFT_MSG_NEWRULE, &rule.family, &list);
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_RULE_TABLE:
            status = read_string(next.value, &rule.table);
            break;
        case NFTA_RULE_CHAIN:
            status = read_string(next.value, &rule.chain);
            break;
        case NFTA_RULE_HANDLE:
            status = read_u64(next.value, &rule.handle);
            break;
        case NFTA_RULE_EXPRESSIONS:
            rule.expressions = next.value;
            break;
        case NFTA_RULE_USERDATA:
            read_comment(next.value, NFTNL_UDATA_RULE_COMMENT, &rule.comment);
            break;
        default:
            break;
        }
    }
    if (status < 0)
        return status;
    if (rule.table.start == NULL || rule.chain.start == NULL)
        return -ENOENT;
    *out = rule;
    return 0;
}

int cnftables_read_elements(struct cnftables_bytes message, struct cnftables_bytes *elements)
{
    uint8_t family;
    struct cnftables_bytes list;
    struct cnftables_bytes found = {.length = 0};
    int status = open_message(message, NFT_MSG_NEWSETELEM, &family, &list);
    if (status == 0)
        status = find_attribute(list, NFTA_SET_ELEM_LIST_ELEMENTS, &found);
    if (status < 0 && status != -ENOENT)
        return status;
    *elements = found;
    return 0;
}

/// The key of an element of a set of ports.
static int read_port(struct cnftables_bytes key, uint16_t *port)
{
    struct cnftables_bytes value;
    uint16_t number;
    int status = find_attribute(key, NFTA_DATA_VALUE, &value);
    if (status == -ENOENT)
        return -ENOTSUP;
    if (status < 0)
        return status;
    if (value.length != sizeof number)
        return -ENOTSUP;
    memcpy(&number, value.start, sizeof number);
    *port = ntohs(number);
    return 0;
}

int cnftables_next_element(struct cnftables_bytes *elements, struct cnftables_element *element, int *found)
{
    struct cnftables_bytes rest = *elements;
    struct cnftables_element read = {.port = 0};
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
            status = read_port(next.value, &read.port);
            has_key = 1;
            break;
        case NFTA_SET_ELEM_TIMEOUT:
            status = read_u64(next.value, &read.timeout);
            break;
        case NFTA_SET_ELEM_EXPIRATION:
            status = read_u64(next.value, &read.expiration);
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
    *element = read;
    *found = 1;
    return 0;
}

int cnftables_read_generation(struct cnftables_bytes message, struct cnftables_generation *out)
{
    struct cnftables_generation generation = {.port = 0};
    struct cnftables_bytes list;
    struct attribute next;
    uint8_t family;
    int has_number = 0;
    int status = open_message(message, NFT_MSG_NEWGEN, &family, &list);
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_GEN_ID:
            status = read_u32(next.value, &generation.generation);
            has_number = 1;
            break;
        case NFTA_GEN_PROC_PID:
            status = read_u32(next.value, &generation.process);
            break;
        case NFTA_GEN_PROC_NAME:
            status = read_string(next.value, &generation.process_name);
            break;
        default:
            break;
        }
    }
    if (status < 0)
        return status;
    if (!has_number)
        return -ENOENT;
    struct nlmsghdr header;
    memcpy(&header, message.start, sizeof header);
    generation.port = header.nlmsg_pid;
    *out = generation;
    return 0;
}
