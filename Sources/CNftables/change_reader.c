// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/// The kind of object that a message is about, and the types of the attributes that are read from the message; 0, which
/// no attribute has as its type, for those that messages of this kind lack.
struct attribute_types {
    enum cnftables_subject subject;
    uint16_t name, handle, previous, hook, type, contents;
};

static struct attribute_types attribute_types_of(uint16_t type)
{
    switch (type) {
    case NFT_MSG_NEWTABLE:
    case NFT_MSG_DELTABLE:
        return (struct attribute_types){.subject = CNFTABLES_SUBJECT_TABLE};
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN:
        return (struct attribute_types){
            .subject = CNFTABLES_SUBJECT_CHAIN,
            .name = NFTA_CHAIN_NAME,
            .handle = NFTA_CHAIN_HANDLE,
            .hook = NFTA_CHAIN_HOOK,
            .type = NFTA_CHAIN_TYPE,
        };
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE:
        return (struct attribute_types){
            .subject = CNFTABLES_SUBJECT_RULE,
            .name = NFTA_RULE_CHAIN,
            .handle = NFTA_RULE_HANDLE,
            .previous = NFTA_RULE_POSITION,
            .contents = NFTA_RULE_EXPRESSIONS,
        };
    case NFT_MSG_NEWSET:
    case NFT_MSG_DELSET:
        return (struct attribute_types){.subject = CNFTABLES_SUBJECT_SET, .name = NFTA_SET_NAME};
    case NFT_MSG_NEWSETELEM:
    case NFT_MSG_DELSETELEM:
        return (struct attribute_types){
            .subject = CNFTABLES_SUBJECT_ELEMENTS,
            .name = NFTA_SET_ELEM_LIST_SET,
            .contents = NFTA_SET_ELEM_LIST_ELEMENTS,
        };
    case NFT_MSG_NEWOBJ:
    case NFT_MSG_DELOBJ:
        return (struct attribute_types){.subject = CNFTABLES_SUBJECT_OBJECT, .name = NFTA_OBJ_NAME};
    case NFT_MSG_NEWFLOWTABLE:
    case NFT_MSG_DELFLOWTABLE:
        return (struct attribute_types){.subject = CNFTABLES_SUBJECT_FLOWTABLE, .name = NFTA_FLOWTABLE_NAME};
    case NFT_MSG_NEWGEN:
        return (struct attribute_types){.subject = CNFTABLES_SUBJECT_GENERATION};
    default:
        return (struct attribute_types){.subject = CNFTABLES_SUBJECT_OTHER};
    }
}

static int read_hook_number(struct cnftables_bytes list, struct cnftables_change *change)
{
    struct cnftables_bytes value;
    int status = find_attribute(list, NFTA_HOOK_HOOKNUM, &value);
    if (status == -ENOENT)
        return 0;
    if (status == 0)
        status = read_u32(value, &change->hook);
    change->is_base = 1;
    return status;
}

/// An event while it is read, and the types of its attributes.
struct change_result {
    struct cnftables_change change;
    struct attribute_types types;
};

/// Reads one attribute of an event. Returns 0 or -EBADMSG.
static int read_attribute(const struct attribute *part, void *out)
{
    struct change_result *result = out;
    const struct attribute_types *types = &result->types;
    struct cnftables_change *change = &result->change;
    _Static_assert(
        (int)NFTA_TABLE_NAME == (int)NFTA_CHAIN_TABLE && (int)NFTA_TABLE_NAME == (int)NFTA_RULE_TABLE
            && (int)NFTA_TABLE_NAME == (int)NFTA_SET_TABLE && (int)NFTA_TABLE_NAME == (int)NFTA_OBJ_TABLE
            && (int)NFTA_TABLE_NAME == (int)NFTA_SET_ELEM_LIST_TABLE
            && (int)NFTA_TABLE_NAME == (int)NFTA_FLOWTABLE_TABLE,
        "the attribute of the table's name has the same type in all messages");
    if (part->type == NFTA_TABLE_NAME)
        return read_string(part->value, &change->table);
    if (part->type == types->name)
        return read_string(part->value, &change->name);
    if (part->type == types->handle)
        return read_u64(part->value, &change->handle);
    if (part->type == types->previous)
        return read_u64(part->value, &change->previous);
    if (part->type == types->hook)
        return read_hook_number(part->value, change);
    if (part->type == types->type)
        return read_string(part->value, &change->type);
    if (part->type == types->contents)
        change->contents = part->value;
    return 0;
}

/// In the event of an added rule, the kernel names the preceding rule (NFTA_RULE_POSITION) unless the added rule is
/// the first or the last; the flag NLM_F_APPEND distinguishes these two. NLM_F_CREATE shows that the kernel reports
/// flags at all. Kernels before Linux 5.15 set no flags; they also name the preceding rule if the added rule is the
/// last.
static enum cnftables_rule_event rule_event_of(const struct nlmsghdr *header, uint64_t previous)
{
    if ((header->nlmsg_type & 0xff) == NFT_MSG_DELRULE)
        return CNFTABLES_RULE_REMOVED;
    if (previous != 0)
        return CNFTABLES_RULE_AFTER;
    if (!(header->nlmsg_flags & NLM_F_CREATE))
        return CNFTABLES_RULE_SOMEWHERE;
    return header->nlmsg_flags & NLM_F_APPEND ? CNFTABLES_RULE_LAST : CNFTABLES_RULE_FIRST;
}

int cnftables_read_change(struct cnftables_bytes message, struct cnftables_change *out)
{
    struct nlmsghdr header;
    if (message.length < sizeof header)
        return -EBADMSG;
    memcpy(&header, message.start, sizeof header);
    if (header.nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES) {
        *out = (struct cnftables_change){.subject = CNFTABLES_SUBJECT_OTHER};
        return 0;
    }
    struct change_result result = {.types = attribute_types_of(header.nlmsg_type & 0xff)};
    struct cnftables_change *change = &result.change;
    struct cnftables_bytes list;
    change->subject = result.types.subject;
    int status = cnftables_open_message(message, header.nlmsg_type & 0xff, &change->family, &list);
    if (status == 0 && change->subject != CNFTABLES_SUBJECT_OTHER
        && change->subject != CNFTABLES_SUBJECT_GENERATION) {
        status = read_attributes(list, read_attribute, &result);
        if (status == 0
            && (change->table.start == NULL || (result.types.name != 0 && change->name.start == NULL)))
            status = -ENOENT;
    }
    if (change->subject == CNFTABLES_SUBJECT_RULE)
        change->rule_event = rule_event_of(&header, change->previous);
    if (status == 0)
        *out = *change;
    return status;
}
