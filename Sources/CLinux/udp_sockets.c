// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "clinux.h"
#include "netlink.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct query_message {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
    struct nlattr attribute;
    struct inet_diag_bc_op operation;
    uint8_t cgroup[8];
};
_Static_assert(sizeof(struct query_message) == 16 + 56 + 4 + 4 + 8, "packed as the kernel reads it");
_Static_assert(sizeof(struct inet_diag_msg) == 72, "offsets of the answer");

int clinux_diag_open(int *descriptor)
{
    int number = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (number < 0)
        return -errno;
    *descriptor = number;
    return 0;
}

static int parse_socket(const uint8_t *payload, size_t length, struct clinux_udp_socket *socket)
{
    struct inet_diag_msg answer;
    if (length < sizeof answer)
        return -EBADMSG;
    memcpy(&answer, payload, sizeof answer);
    const uint8_t *cgroup = NULL;
    size_t cgroup_length = 0;
    int status = clinux_netlink_attribute(payload + sizeof answer, length - sizeof answer, INET_DIAG_CGROUP_ID,
                                          &cgroup, &cgroup_length);
    if (status == -EBADMSG)
        return status;
    *socket = (struct clinux_udp_socket){
        .cookie = (uint64_t)answer.id.idiag_cookie[1] << 32 | answer.id.idiag_cookie[0],
        .local_address = ntohl(answer.id.idiag_src[0]),
        .remote_address = ntohl(answer.id.idiag_dst[0]),
        .uid = answer.idiag_uid,
        .inode = answer.idiag_inode,
        .interface = answer.id.idiag_if,
        .local_port = ntohs(answer.id.idiag_sport),
        .remote_port = ntohs(answer.id.idiag_dport),
        .state = answer.idiag_state,
    };
    if (status == 0 && cgroup_length == sizeof socket->cgroup)
        memcpy(&socket->cgroup, cgroup, sizeof socket->cgroup);
    return 0;
}

struct taking {
    struct clinux_udp_list *list;
    uint32_t uid;
};

static int take_socket(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct taking *taking = context;
    struct clinux_udp_list *list = taking->list;
    struct clinux_udp_socket socket;
    if (type != SOCK_DIAG_BY_FAMILY)
        return 0;
    int status = parse_socket(payload, length, &socket);
    if (status < 0 || socket.uid != taking->uid || socket.state != CLINUX_UDP_UNCONNECTED)
        return status;
    void *sockets = list->sockets;
    status = clinux_grow(&sockets, list->count, &list->capacity, sizeof socket);
    list->sockets = sockets;
    if (status == 0)
        list->sockets[list->count++] = socket;
    return status;
}

int clinux_udp_parse(const void *bytes, size_t length, uint32_t sequence, uint32_t uid,
                     struct clinux_udp_list *list)
{
    struct taking taking = {.list = list, .uid = uid};
    return clinux_netlink_parse(bytes, length, sequence, take_socket, &taking, &list->is_inconsistent);
}

static struct query_message base_query(uint32_t sequence)
{
    return (struct query_message){
        .header = {.nlmsg_len = offsetof(struct query_message, attribute),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST,
                   .nlmsg_seq = sequence},
        .request = {.sdiag_family = AF_INET,
                    .sdiag_protocol = IPPROTO_UDP,
                    .idiag_states = 1u << CLINUX_UDP_UNCONNECTED,
                    .id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}},
    };
}

int clinux_udp_dump(int descriptor, uint32_t sequence, struct clinux_udp_query query,
                    struct clinux_udp_socket **sockets, size_t *count)
{
    struct query_message message = base_query(sequence);
    message.header.nlmsg_flags |= NLM_F_DUMP;
    if (query.cgroup != 0) {
        message.header.nlmsg_len = sizeof message;
        message.attribute = (struct nlattr){.nla_len = NLA_HDRLEN + 12, .nla_type = INET_DIAG_REQ_BYTECODE};
        // "yes" leads behind the operation, "no" behind the end of the program, which rejects.
        message.operation = (struct inet_diag_bc_op){.code = INET_DIAG_BC_CGROUP_COND, .yes = 12, .no = 16};
        memcpy(message.cgroup, &query.cgroup, sizeof message.cgroup);
    }
    struct clinux_udp_list list = {0};
    struct taking taking = {.list = &list, .uid = query.uid};
    int status =
        clinux_netlink_dump(descriptor, &message, message.header.nlmsg_len, sequence, take_socket, &taking);
    if (status < 0) {
        free(list.sockets);
        return status;
    }
    *sockets = list.sockets;
    *count = list.count;
    return 0;
}

int clinux_udp_find(int descriptor, uint32_t sequence, uint32_t address, uint16_t port,
                    struct clinux_udp_socket *socket)
{
    struct query_message message = base_query(sequence);
    // The kernel looks for the receiver of a packet, so the local end is the packet's destination.
    message.request.id.idiag_dst[0] = htonl(address);
    message.request.id.idiag_dport = htons(port);
    int status = clinux_netlink_send(descriptor, &message, message.header.nlmsg_len);
    while (status >= 0) {
        uint8_t bytes[1024];
        size_t length = 0, offset = 0, payload_length = 0;
        struct nlmsghdr header;
        const uint8_t *payload = NULL;
        status = clinux_netlink_receive(descriptor, 0, bytes, sizeof bytes, &length);
        if (status < 0)
            break;
        status = clinux_netlink_next(bytes, length, &offset, &header, &payload, &payload_length);
        if (status <= 0 || header.nlmsg_seq != sequence)
            continue;
        if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY)
            return parse_socket(payload, payload_length, socket);
        if (header.nlmsg_type == NLMSG_ERROR) {
            status = clinux_netlink_status(payload, payload_length);
            return status == 0 ? -EBADMSG : status;
        }
    }
    return status;
}
