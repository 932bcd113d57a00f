// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/// The kernel fills datagrams up to the size of the buffer it last saw, but never beyond 32 KiB.
enum { BUFFER_SIZE = 32768 };

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

static int send_query(int descriptor, const struct query_message *message)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    for (;;) {
        ssize_t sent = sendto(descriptor, message, message->header.nlmsg_len, 0, (struct sockaddr *)&kernel,
                              sizeof kernel);
        if (sent >= 0)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
}

/// Receives one datagram that the kernel sent; others' are skipped.
static int receive(int descriptor, void *bytes, size_t capacity, size_t *length)
{
    for (;;) {
        struct sockaddr_nl sender = {0};
        struct iovec buffer = {.iov_base = bytes, .iov_len = capacity};
        struct msghdr message = {
            .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &buffer, .msg_iovlen = 1};
        ssize_t received = recvmsg(descriptor, &message, 0);
        if (received < 0 && errno == EINTR)
            continue;
        if (received < 0)
            return -errno;
        if (sender.nl_pid != 0)
            continue;
        if (message.msg_flags & MSG_TRUNC)
            return -EMSGSIZE;
        *length = (size_t)received;
        return 0;
    }
}

static int append(struct clinux_udp_list *list, const struct clinux_udp_socket *socket)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 8;
        struct clinux_udp_socket *sockets = realloc(list->sockets, capacity * sizeof *sockets);
        if (!sockets)
            return -ENOMEM;
        list->sockets = sockets;
        list->capacity = capacity;
    }
    list->sockets[list->count++] = *socket;
    return 0;
}

/// Walks the attributes behind an answer for the one that names the cgroup.
static int find_cgroup(const uint8_t *cursor, size_t remaining, uint64_t *cgroup)
{
    *cgroup = 0;
    while (remaining >= sizeof(struct nlattr)) {
        struct nlattr attribute;
        memcpy(&attribute, cursor, sizeof attribute);
        if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > remaining)
            return -EBADMSG;
        if (attribute.nla_type == INET_DIAG_CGROUP_ID && attribute.nla_len == NLA_HDRLEN + sizeof *cgroup)
            memcpy(cgroup, cursor + NLA_HDRLEN, sizeof *cgroup);
        size_t step = NLA_ALIGN((size_t)attribute.nla_len);
        if (step > remaining)
            step = remaining; // the last attribute may lack its padding
        cursor += step;
        remaining -= step;
    }
    return 0;
}

static int parse_socket(const uint8_t *payload, size_t length, struct clinux_udp_socket *socket)
{
    struct inet_diag_msg answer;
    if (length < sizeof answer)
        return -EBADMSG;
    memcpy(&answer, payload, sizeof answer);
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
    return find_cgroup(payload + sizeof answer, length - sizeof answer, &socket->cgroup);
}

/// The errno inside an NLMSG_ERROR or NLMSG_DONE; both begin with a signed 32-bit status.
static int parse_status(const uint8_t *payload, size_t length)
{
    int32_t status = 0;
    if (length < sizeof status)
        return -EBADMSG;
    memcpy(&status, payload, sizeof status);
    return status > 0 ? -EBADMSG : status;
}

int clinux_udp_parse(const void *bytes, size_t length, uint32_t sequence, uint32_t uid,
                     struct clinux_udp_list *list)
{
    const uint8_t *cursor = bytes;
    while (length >= sizeof(struct nlmsghdr)) {
        struct nlmsghdr header;
        memcpy(&header, cursor, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > length)
            return -EBADMSG;
        const uint8_t *payload = cursor + NLMSG_HDRLEN;
        size_t payload_length = header.nlmsg_len - NLMSG_HDRLEN;
        if (header.nlmsg_seq == sequence) {
            if (header.nlmsg_flags & NLM_F_DUMP_INTR)
                list->is_inconsistent = 1;
            if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE)
                return parse_status(payload, payload_length);
            if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY) {
                struct clinux_udp_socket socket;
                int status = parse_socket(payload, payload_length, &socket);
                if (status == 0 && socket.uid == uid && socket.state == CLINUX_UDP_UNCONNECTED)
                    status = append(list, &socket);
                if (status < 0)
                    return status;
            }
        }
        size_t step = NLMSG_ALIGN((size_t)header.nlmsg_len);
        if (step > length)
            step = length;
        cursor += step;
        length -= step;
    }
    return 1;
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
    int status = send_query(descriptor, &message);
    if (status < 0)
        return status;

    char *buffer = malloc(BUFFER_SIZE);
    if (!buffer)
        return -ENOMEM;
    struct clinux_udp_list list = {0};
    do {
        size_t length = 0;
        status = receive(descriptor, buffer, BUFFER_SIZE, &length);
        if (status == 0)
            status = clinux_udp_parse(buffer, length, sequence, query.uid, &list);
    } while (status > 0);
    free(buffer);
    if (status == 0 && list.is_inconsistent)
        status = -EINTR;
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
    int status = send_query(descriptor, &message);
    if (status < 0)
        return status;

    uint8_t bytes[1024];
    for (;;) {
        size_t length = 0;
        status = receive(descriptor, bytes, sizeof bytes, &length);
        if (status < 0)
            return status;
        struct nlmsghdr header;
        if (length < sizeof header)
            return -EBADMSG;
        memcpy(&header, bytes, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > length)
            return -EBADMSG;
        if (header.nlmsg_seq != sequence)
            continue;
        const uint8_t *payload = bytes + NLMSG_HDRLEN;
        size_t payload_length = header.nlmsg_len - NLMSG_HDRLEN;
        if (header.nlmsg_type == NLMSG_ERROR) {
            status = parse_status(payload, payload_length);
            return status == 0 ? -EBADMSG : status;
        }
        if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY)
            return parse_socket(payload, payload_length, socket);
    }
}
