// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "batch.h"
#include "cnftables_messages.h"
#include "socket.h"

#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter/nf_tables.h>

/// Reads the rest of an earlier listing: the kernel accepts no new request while one is in progress.
static void abandon_listing(struct cnftables_socket *socket)
{
    struct cnftables_bytes message = {.length = 0};
    while (socket->is_listing && cnftables_next(socket, &message) == 0 && message.length != 0)
        ;
    socket->is_listing = false;
}

static uint16_t message_type(enum cnftables_request_kind request)
{
    switch (request) {
    case CNFTABLES_TABLES:
        return NFT_MSG_GETTABLE;
    case CNFTABLES_CHAINS:
        return NFT_MSG_GETCHAIN;
    case CNFTABLES_SETS:
        return NFT_MSG_GETSET;
    case CNFTABLES_RULES:
        return NFT_MSG_GETRULE;
    case CNFTABLES_ELEMENTS:
        return NFT_MSG_GETSETELEM;
    case CNFTABLES_OBJECTS:
        return NFT_MSG_GETOBJ;
    case CNFTABLES_GENERATION:
        return NFT_MSG_GETGEN;
    }
    return NFT_MSG_GETGEN;
}

/// True if the answer is one message without an end mark (NLMSG_DONE).
static bool is_single(enum cnftables_request_kind request, const char *name)
{
    return request == CNFTABLES_GENERATION || (request == CNFTABLES_CHAINS && name != NULL);
}

static void
put_names(struct nlmsghdr *message, enum cnftables_request_kind request, const char *table, const char *name)
{
    // A request for one chain.
    if (request == CNFTABLES_CHAINS && name != NULL) {
        mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table);
        mnl_attr_put_strz(message, NFTA_CHAIN_NAME, name);
        return;
    }
    _Static_assert(
        (int)NFTA_RULE_TABLE == (int)NFTA_SET_ELEM_LIST_TABLE
            && (int)NFTA_RULE_CHAIN == (int)NFTA_SET_ELEM_LIST_SET,
        "requests for rules and for elements have the same attributes");
    if (request != CNFTABLES_RULES && request != CNFTABLES_ELEMENTS)
        return;
    if (table != NULL)
        mnl_attr_put_strz(message, NFTA_RULE_TABLE, table);
    if (name != NULL)
        mnl_attr_put_strz(message, NFTA_RULE_CHAIN, name);
}

/// Sends a request. `single` is true if the answer is one message without an end mark.
static int start_listing(struct cnftables_socket *socket, struct nlmsghdr *message, bool single)
{
    int status = cnftables_socket_send(
        socket, (struct cnftables_bytes){.start = (uint8_t *)message, .length = message->nlmsg_len});
    if (status < 0)
        return status;
    socket->listing_sequence = socket->sequence++;
    socket->is_listing = true;
    socket->is_single = single;
    socket->was_interrupted = false;
    socket->pending = (struct cnftables_bytes){.length = 0};
    return 0;
}

int cnftables_request(
    struct cnftables_socket *socket, enum cnftables_request_kind request, uint8_t family, const char *table,
    const char *name)
{
    if (table != NULL && cnftables_check_name(table) < 0)
        return -ENAMETOOLONG;
    if (name != NULL && cnftables_check_name(name) < 0)
        return -ENAMETOOLONG;
    abandon_listing(socket);
    _Alignas(struct nlmsghdr) char buffer[BATCH_MESSAGE_FRAME + 2 * BATCH_NAME_MAX] = {0};
    bool single = is_single(request, name);
    struct nlmsghdr *message = nftnl_nlmsg_build_hdr(
        buffer, message_type(request), family, single ? 0 : NLM_F_DUMP, socket->sequence);
    put_names(message, request, table, name);
    return start_listing(socket, message, single);
}

enum {
    /// The longest key in bytes.
    KEY_MAX = NFT_DATA_VALUE_MAXLEN,
};

int cnftables_request_element(
    struct cnftables_socket *socket, uint8_t family, const char *table, const char *name,
    struct cnftables_bytes key)
{
    if (cnftables_check_name(table) < 0 || cnftables_check_name(name) < 0)
        return -ENAMETOOLONG;
    if (key.length == 0 || key.length > KEY_MAX)
        return -EINVAL;
    abandon_listing(socket);
    _Alignas(struct nlmsghdr) char buffer[BATCH_MESSAGE_FRAME + 2 * BATCH_NAME_MAX + KEY_MAX] = {0};
    struct nlmsghdr *message = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETSETELEM, family, 0, socket->sequence);
    mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table);
    mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, name);
    struct nlattr *list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
    struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
    struct nlattr *data = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
    mnl_attr_put(message, NFTA_DATA_VALUE, key.length, key.start);
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, element);
    mnl_attr_nest_end(message, list);
    return start_listing(socket, message, true);
}

/// The status in the message that ends a listing (NLMSG_DONE): 0 or -errno.
static int read_end(struct cnftables_bytes message)
{
    int code = 0;
    if (message.length >= NLMSG_HDRLEN + sizeof code)
        memcpy(&code, message.start + NLMSG_HDRLEN, sizeof code);
    return code < 0 ? code : 0;
}

/// The ways in which `cnftables_next` handles a message.
enum action {
    /// Read the next message: this one is not part of the listing.
    ACTION_SKIP,
    /// Return the message to the caller.
    ACTION_RETURN,
    /// End the listing.
    ACTION_END,
};

/// Chooses the action for a message. Returns 0 or, for the message that ends a listing, its status.
static int choose_action(struct cnftables_socket *socket, struct cnftables_bytes message, enum action *action)
{
    struct nlmsghdr header;
    memcpy(&header, message.start, sizeof header);
    if (header.nlmsg_seq != socket->listing_sequence) {
        *action = ACTION_SKIP;
        return 0;
    }
    if (header.nlmsg_flags & NLM_F_DUMP_INTR)
        socket->was_interrupted = true;
    if (header.nlmsg_type == NLMSG_ERROR) {
        struct answer answer;
        uint16_t type;
        int status = cnftables_next_answer(&message, &type, &answer);
        *action = ACTION_END;
        return status < 0 ? status : answer.code;
    }
    if (header.nlmsg_type == NLMSG_DONE) {
        *action = ACTION_END;
        int code = read_end(message);
        if (code < 0)
            return code;
        return socket->was_interrupted ? -EINTR : 0;
    }
    *action = header.nlmsg_type < NLMSG_MIN_TYPE ? ACTION_SKIP : ACTION_RETURN;
    return 0;
}

int cnftables_next(struct cnftables_socket *socket, struct cnftables_bytes *out)
{
    while (socket->is_listing) {
        int status = 0;
        if (socket->pending.length == 0) {
            size_t length;
            status = cnftables_socket_receive(
                socket->descriptor, socket->buffer, sizeof socket->buffer, 0, &length);
            if (status == 0)
                socket->pending = (struct cnftables_bytes){.start = socket->buffer, .length = length};
        }
        struct cnftables_bytes message = {.length = 0};
        if (status == 0)
            status = cnftables_next_message(&socket->pending, &message);
        enum action action = ACTION_SKIP;
        if (status == 0 && message.length != 0)
            status = choose_action(socket, message, &action);
        if (status < 0 || action == ACTION_END)
            socket->is_listing = false;
        if (status < 0)
            return status;
        if (action == ACTION_RETURN) {
            socket->is_listing = !socket->is_single;
            *out = message;
            return 0;
        }
    }
    *out = (struct cnftables_bytes){.length = 0};
    return 0;
}
