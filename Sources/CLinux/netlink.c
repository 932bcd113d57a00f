// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int clinux_netlink_open(int protocol, int *descriptor)
{
    int number = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (number < 0)
        return -errno;
    const struct timeval limit = {.tv_sec = 5};
    if (setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0) {
        int status = -errno;
        (void)close(number);
        return status;
    }
    *descriptor = number;
    return 0;
}

int clinux_netlink_send(int descriptor, const void *request, size_t length)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    for (;;) {
        if (sendto(descriptor, request, length, 0, (struct sockaddr *)&kernel, sizeof kernel) >= 0)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
}

int clinux_netlink_receive(int descriptor, int flags, void *bytes, size_t capacity, size_t *length)
{
    for (;;) {
        struct sockaddr_nl sender = {0};
        struct iovec buffer = {.iov_base = bytes, .iov_len = capacity};
        struct msghdr message = {
            .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &buffer, .msg_iovlen = 1};
        ssize_t received = recvmsg(descriptor, &message, flags);
        if (received < 0 && errno == EINTR)
            continue;
        if (received < 0)
            return errno == EAGAIN && !(flags & MSG_DONTWAIT) ? -ETIMEDOUT : -errno;
        if (sender.nl_pid != 0)
            continue;
        if (message.msg_flags & MSG_TRUNC)
            return -EMSGSIZE;
        *length = (size_t)received;
        return 0;
    }
}

int clinux_netlink_next(
    const void *bytes, size_t length, size_t *offset, struct nlmsghdr *header, const uint8_t **payload,
    size_t *payload_length)
{
    if (*offset >= length || length - *offset < sizeof *header)
        return 0;
    const uint8_t *cursor = (const uint8_t *)bytes + *offset;
    size_t remaining = length - *offset;
    memcpy(header, cursor, sizeof *header);
    if (header->nlmsg_len < sizeof *header || header->nlmsg_len > remaining)
        return -EBADMSG;
    *payload = cursor + NLMSG_HDRLEN;
    *payload_length = header->nlmsg_len - NLMSG_HDRLEN;
    size_t step = NLMSG_ALIGN((size_t)header->nlmsg_len);
    *offset += step > remaining ? remaining : step; // the last message may lack its padding
    return 1;
}

int clinux_netlink_attribute(
    const uint8_t *bytes, size_t length, uint16_t type, const uint8_t **found, size_t *found_length)
{
    while (length >= sizeof(struct nlattr)) {
        struct nlattr attribute;
        memcpy(&attribute, bytes, sizeof attribute);
        if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > length)
            return -EBADMSG;
        if ((attribute.nla_type & NLA_TYPE_MASK) == type) {
            *found = bytes + NLA_HDRLEN;
            *found_length = attribute.nla_len - NLA_HDRLEN;
            return 0;
        }
        size_t step = NLA_ALIGN((size_t)attribute.nla_len);
        if (step > length)
            step = length; // the last attribute may lack its padding
        bytes += step;
        length -= step;
    }
    return -ENOENT;
}

int clinux_netlink_status(const uint8_t *payload, size_t length)
{
    int32_t status = 0;
    if (length < sizeof status)
        return -EBADMSG;
    memcpy(&status, payload, sizeof status);
    return status > 0 ? -EBADMSG : status;
}

int clinux_netlink_parse(
    const void *bytes, size_t length, uint32_t sequence, clinux_netlink_handler handler, void *context,
    uint8_t *is_inconsistent)
{
    size_t offset = 0;
    for (;;) {
        struct nlmsghdr header;
        const uint8_t *payload = NULL;
        size_t payload_length = 0;
        int status = clinux_netlink_next(bytes, length, &offset, &header, &payload, &payload_length);
        if (status <= 0)
            return status < 0 ? status : 1;
        // Skip an answer to an earlier request, which was not read to its end.
        if (header.nlmsg_seq != sequence)
            continue;
        if (header.nlmsg_flags & NLM_F_DUMP_INTR)
            *is_inconsistent = 1;
        if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE)
            return clinux_netlink_status(payload, payload_length);
        status = handler(context, header.nlmsg_type, payload, payload_length);
        if (status != 0)
            return status < 0 ? status : 0;
    }
}

int clinux_netlink_request(
    int descriptor, const void *request, size_t length, uint32_t sequence, clinux_netlink_handler handler,
    void *context)
{
    int status = clinux_netlink_send(descriptor, request, length);
    if (status < 0)
        return status;
    char *buffer = malloc(CLINUX_DUMP_BUFFER);
    if (buffer == NULL)
        return -ENOMEM;
    uint8_t is_inconsistent = 0;
    do {
        size_t received = 0;
        status = clinux_netlink_receive(descriptor, 0, buffer, CLINUX_DUMP_BUFFER, &received);
        if (status == 0)
            status = clinux_netlink_parse(buffer, received, sequence, handler, context, &is_inconsistent);
    } while (status > 0);
    free(buffer);
    return status == 0 && is_inconsistent ? -EINTR : status;
}
