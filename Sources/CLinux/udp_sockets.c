// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "array.h"
#include "clinux.h"
#include "netlink.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

_Static_assert((int)CLINUX_UDP_UNCONNECTED == (int)TCP_CLOSE, "state of unconnected sockets");

struct query_message {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
    struct nlattr attribute;
    struct inet_diag_bc_op operation;
    uint64_t cgroup;
};
_Static_assert(sizeof(struct query_message) == 16 + 56 + 4 + 4 + 8, "packed as the kernel reads it");
_Static_assert(sizeof(struct inet_diag_msg) == 72, "packed as the kernel sends it");

int clinux_diag_open(int *descriptor)
{
    return clinux_netlink_open(NETLINK_SOCK_DIAG, descriptor);
}

/// Returns whether an IPv6 socket with this local address receives IPv4 packets, and writes the IPv4 address.
static bool receives_ipv4(const struct inet_diag_sockid *id, bool is_ipv6_only, uint32_t *address)
{
    const uint32_t *words = id->idiag_src;
    bool begins_with_zeros = words[0] == 0 && words[1] == 0;
    if (begins_with_zeros && ntohl(words[2]) == 0xFFFF) { // ::ffff:a.b.c.d
        *address = ntohl(words[3]);
        return true;
    }
    *address = 0;
    return begins_with_zeros && words[2] == 0 && words[3] == 0 && !is_ipv6_only;
}

/// Reads the payload of one answer. Returns 0; -EAFNOSUPPORT for a socket that receives no IPv4 packets;
/// -EBADMSG.
static int parse_socket(const uint8_t *payload, size_t length, struct clinux_udp_socket *socket)
{
    struct inet_diag_msg answer;
    if (length < sizeof answer)
        return -EBADMSG;
    memcpy(&answer, payload, sizeof answer);
    const uint8_t *cgroup = NULL;
    size_t cgroup_length = 0;
    int cgroup_status = clinux_netlink_attribute(
        payload + sizeof answer, length - sizeof answer, INET_DIAG_CGROUP_ID, &cgroup, &cgroup_length);
    if (cgroup_status == -EBADMSG)
        return -EBADMSG;
    const uint8_t *only = NULL;
    size_t only_length = 0;
    // If the kernel does not report IPV6_V6ONLY, assume that the socket receives IPv4 packets too.
    bool is_ipv6_only =
        clinux_netlink_attribute(
            payload + sizeof answer, length - sizeof answer, INET_DIAG_SKV6ONLY, &only, &only_length)
            == 0
        && only_length == 1 && *only != 0;
    uint32_t local = ntohl(answer.id.idiag_src[0]), remote = ntohl(answer.id.idiag_dst[0]);
    if (answer.idiag_family == AF_INET6) {
        if (!receives_ipv4(&answer.id, is_ipv6_only, &local))
            return -EAFNOSUPPORT;
        // Such a socket is connected to ::ffff:a.b.c.d, whose last word is the IPv4 address, or not at all: all zeros.
        remote = ntohl(answer.id.idiag_dst[3]);
    }
    *socket = (struct clinux_udp_socket){
        .local_address = local,
        .remote_address = remote,
        .uid = answer.idiag_uid,
        .inode = answer.idiag_inode,
        .interface = answer.id.idiag_if,
        .local_port = ntohs(answer.id.idiag_sport),
        .remote_port = ntohs(answer.id.idiag_dport),
        .state = answer.idiag_state,
    };
    if (cgroup_status == 0 && cgroup_length == sizeof socket->cgroup)
        memcpy(&socket->cgroup, cgroup, sizeof socket->cgroup);
    return 0;
}

/// The sockets that a dump has found so far, and the filter for them.
struct socket_results {
    struct clinux_udp_list *list;
    struct clinux_udp_query query;
};

/// Returns whether the socket is one that the query asks for, apart from its cgroup: the socket reports its own, which
/// may be one below that of the query. The kernel alone filters by cgroup; before Linux 5.8, where it cannot, it
/// refuses the query with EINVAL.
static bool matches(const struct clinux_udp_query *query, const struct clinux_udp_socket *socket)
{
    if (query->port != 0)
        return socket->local_port == query->port;
    return socket->uid == query->uid && socket->state == CLINUX_UDP_UNCONNECTED;
}

static int take_socket(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct socket_results *results = context;
    struct clinux_udp_list *list = results->list;
    struct clinux_udp_socket socket;
    if (type != SOCK_DIAG_BY_FAMILY)
        return 0;
    int status = parse_socket(payload, length, &socket);
    if (status == -EAFNOSUPPORT)
        return 0;
    if (status < 0)
        return status;
    // The kernel does not filter by user. Port and state are checked again, so that no answer, whatever the kernel
    // sends, adds another socket.
    if (!matches(&results->query, &socket))
        return 0;
    void *sockets = list->sockets;
    status = clinux_grow(&sockets, list->count, &list->capacity, sizeof socket);
    list->sockets = sockets;
    if (status == 0)
        list->sockets[list->count++] = socket;
    return status;
}

int clinux_udp_parse(
    const void *bytes, size_t length, uint32_t sequence, struct clinux_udp_query query,
    struct clinux_udp_list *list)
{
    struct socket_results results = {.list = list, .query = query};
    return clinux_netlink_parse(bytes, length, sequence, take_socket, &results, &list->is_inconsistent);
}

static struct query_message base_query(uint32_t sequence)
{
    return (struct query_message){
        .header =
            {.nlmsg_len = offsetof(struct query_message, attribute),
             .nlmsg_type = SOCK_DIAG_BY_FAMILY,
             .nlmsg_flags = NLM_F_REQUEST,
             .nlmsg_seq = sequence},
        .request =
            {.sdiag_family = AF_INET,
             .sdiag_protocol = IPPROTO_UDP,
             .idiag_states = 1u << CLINUX_UDP_UNCONNECTED,
             .id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}},
    };
}

int clinux_udp_dump(
    int descriptor, uint32_t sequence, struct clinux_udp_query query, struct clinux_udp_socket **sockets,
    size_t *count)
{
    struct query_message message = base_query(sequence);
    message.header.nlmsg_flags |= NLM_F_DUMP;
    if (query.is_ipv6)
        message.request.sdiag_family = AF_INET6;
    if (query.port != 0) {
        message.request.id.idiag_sport = htons(query.port);
        message.request.idiag_states = UINT32_MAX;
    }
    if (query.cgroup != 0) {
        // The filter program: one instruction, with the cgroup as its argument.
        enum { PROGRAM_SIZE = sizeof message.operation + sizeof message.cgroup };
        message.header.nlmsg_len = sizeof message;
        message.attribute =
            (struct nlattr){.nla_len = NLA_HDRLEN + PROGRAM_SIZE, .nla_type = INET_DIAG_REQ_BYTECODE};
        // `yes` and `no` are offsets in bytes of the next instruction. `yes` is the end of the program,
        // which accepts the socket; `no` is 4 bytes beyond the end, which rejects it.
        message.operation = (struct inet_diag_bc_op){
            .code = INET_DIAG_BC_CGROUP_COND, .yes = PROGRAM_SIZE, .no = PROGRAM_SIZE + 4};
        message.cgroup = query.cgroup;
    }
    struct clinux_udp_list list = {0};
    struct socket_results results = {.list = &list, .query = query};
    int status = clinux_netlink_request(
        descriptor, &message, message.header.nlmsg_len, sequence, take_socket, &results);
    if (status < 0) {
        free(list.sockets);
        return status;
    }
    *sockets = list.sockets;
    *count = list.count;
    return 0;
}

/// The answer to a lookup.
struct lookup_result {
    struct clinux_udp_socket socket;
    bool is_found;
};

static int take_found(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct lookup_result *result = context;
    if (type != SOCK_DIAG_BY_FAMILY)
        return 0;
    int status = parse_socket(payload, length, &result->socket);
    result->is_found = status == 0;
    return status < 0 ? status : 1;
}

int clinux_udp_find(
    int descriptor, uint32_t sequence, uint32_t address, uint16_t port, struct clinux_udp_socket *socket)
{
    struct query_message message = base_query(sequence);
    struct lookup_result result = {.is_found = false};
    // The kernel looks for the socket that receives a packet: the socket's local address and port are the
    // packet's destination.
    message.request.id.idiag_dst[0] = htonl(address);
    message.request.id.idiag_dport = htons(port);
    int status =
        clinux_netlink_request(descriptor, &message, message.header.nlmsg_len, sequence, take_found, &result);
    if (status < 0)
        return status;
    // An answer without a socket is malformed.
    if (!result.is_found)
        return -EBADMSG;
    *socket = result.socket;
    return 0;
}
