// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

struct route_request {
    struct nlmsghdr header;
    struct rtmsg route;
    struct rtattr destination;
    uint32_t address;
    struct rtattr interface;
    uint32_t index;
};
_Static_assert(sizeof(struct route_request) == 16 + 12 + 8 + 8, "packed as the kernel reads it");

/// Sends a request for the route and receives the answer.
static int request_route(
    int descriptor, uint32_t destination, uint32_t interface, void *answer, size_t capacity, size_t *length)
{
    struct route_request request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST},
        .route = {.rtm_family = AF_INET, .rtm_dst_len = 32},
        .destination = {.rta_len = RTA_LENGTH(4), .rta_type = RTA_DST},
        .address = htonl(destination),
        .interface = {.rta_len = RTA_LENGTH(4), .rta_type = RTA_OIF},
        .index = interface,
    };
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (sendto(descriptor, &request, sizeof request, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0)
        return -errno;
    for (;;) {
        struct sockaddr_nl sender = {0};
        socklen_t size = sizeof sender;
        ssize_t received = recvfrom(descriptor, answer, capacity, 0, (struct sockaddr *)&sender, &size);
        if (received < 0 && errno != EINTR)
            return -errno;
        if (received < 0 || sender.nl_pid != 0)
            continue;
        *length = (size_t)received;
        return 0;
    }
}

static int parse_route(const uint8_t *bytes, size_t length, struct clinux_route *result)
{
    struct nlmsghdr header;
    if (length < sizeof header)
        return -EBADMSG;
    memcpy(&header, bytes, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length)
        return -EBADMSG;
    if (header.nlmsg_type == NLMSG_ERROR) {
        int32_t code;
        if (header.nlmsg_len < sizeof header + sizeof code)
            return -EBADMSG;
        memcpy(&code, bytes + sizeof header, sizeof code);
        return code < 0 ? code : -EBADMSG;
    }
    struct clinux_route route = {0};
    size_t offset = sizeof header + sizeof(struct rtmsg);
    if (header.nlmsg_type != RTM_NEWROUTE || header.nlmsg_len < offset)
        return -EBADMSG;
    while (header.nlmsg_len - offset >= sizeof(struct rtattr)) {
        struct rtattr attribute;
        memcpy(&attribute, bytes + offset, sizeof attribute);
        if (attribute.rta_len < sizeof attribute || attribute.rta_len > header.nlmsg_len - offset)
            return -EBADMSG;
        uint32_t value = 0;
        if (attribute.rta_len == RTA_LENGTH(4))
            memcpy(&value, bytes + offset + sizeof attribute, sizeof value);
        if (attribute.rta_type == RTA_OIF)
            route.interface = value;
        if (attribute.rta_type == RTA_PREFSRC)
            route.source = ntohl(value);
        offset += RTA_ALIGN((size_t)attribute.rta_len);
        if (offset > header.nlmsg_len)
            break; // the last attribute may lack its padding
    }
    // Without a source address the host cannot send.
    if (route.interface == 0 || route.source == 0)
        return -ENETUNREACH;
    *result = route;
    return 0;
}

int clinux_find_route(uint32_t destination, uint32_t interface, struct clinux_route *route)
{
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (descriptor < 0)
        return -errno;
    uint8_t answer[4096];
    size_t length;
    int status = request_route(descriptor, destination, interface, answer, sizeof answer, &length);
    close(descriptor);
    return status < 0 ? status : parse_route(answer, length, route);
}
