// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_probe.h"
#include "netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

struct route_request {
    struct nlmsghdr header;
    struct rtmsg route;
    struct rtattr destination;
    uint32_t address;
    struct rtattr interface;
    uint32_t index;
};
_Static_assert(sizeof(struct route_request) == 16 + 12 + 8 + 8, "packed as the kernel reads it");

/// Copies an attribute of 4 bytes; leaves `word` unchanged if the attribute is absent. Returns 0 or -EBADMSG.
static int copy_word(const uint8_t *attributes, size_t length, uint16_t type, uint32_t *word)
{
    const uint8_t *found = NULL;
    size_t found_length = 0;
    int status = clinux_netlink_attribute(attributes, length, type, &found, &found_length);
    if (status < 0)
        return status == -ENOENT ? 0 : status;
    if (found_length != sizeof *word)
        return -EBADMSG;
    memcpy(word, found, sizeof *word);
    return 0;
}

int clinux_route_parse(const void *bytes, size_t length, struct clinux_route *route)
{
    if (length < sizeof(struct rtmsg))
        return -EBADMSG;
    const uint8_t *attributes = (const uint8_t *)bytes + sizeof(struct rtmsg);
    length -= sizeof(struct rtmsg);
    uint32_t interface = 0, source = 0;
    int status = copy_word(attributes, length, RTA_OIF, &interface);
    if (status == 0)
        status = copy_word(attributes, length, RTA_PREFSRC, &source);
    if (status < 0)
        return status;
    // Without a source address the host cannot send.
    if (interface == 0 || source == 0)
        return -ENETUNREACH;
    *route = (struct clinux_route){.interface = interface, .source = ntohl(source)};
    return 0;
}

/// The answer to a lookup.
struct route_result {
    struct clinux_route route;
    bool is_found;
};

static int take_route(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct route_result *result = context;
    if (type != RTM_NEWROUTE)
        return -EBADMSG;
    int status = clinux_route_parse(payload, length, &result->route);
    result->is_found = status == 0;
    return status < 0 ? status : 1;
}

/// True for the errors by which the kernel answers that there is no route. They tell the type of the route found:
/// none or "throw", "unreachable", "prohibit", "blackhole".
static bool means_no_route(int status)
{
    return status == -ENETUNREACH || status == -EHOSTUNREACH || status == -EACCES || status == -EINVAL;
}

int clinux_find_route(int descriptor, uint32_t destination, uint32_t interface, struct clinux_route *route)
{
    // Any number, since the socket is used for this request only.
    const uint32_t sequence = 1;
    const struct route_request request = {
        .header =
            {.nlmsg_len = sizeof request,
             .nlmsg_type = RTM_GETROUTE,
             .nlmsg_flags = NLM_F_REQUEST,
             .nlmsg_seq = sequence},
        .route = {.rtm_family = AF_INET, .rtm_dst_len = 32},
        .destination = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = RTA_DST},
        .address = htonl(destination),
        .interface = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = RTA_OIF},
        .index = interface,
    };
    struct route_result result = {.is_found = false};
    int status = clinux_netlink_send(descriptor, &request, sizeof request);
    if (status < 0)
        return status;
    do {
        // The answer is one route, or an error with a copy of the request.
        uint8_t answer[4096];
        size_t length = 0;
        // An error of the socket may have the same number as an answer that there is no route.
        status = clinux_netlink_receive(descriptor, 0, answer, sizeof answer, &length);
        if (status < 0)
            return status;
        uint8_t is_inconsistent = 0; // only dumps can be
        status = clinux_netlink_parse(answer, length, sequence, take_route, &result, &is_inconsistent);
    } while (status > 0);
    if (means_no_route(status))
        return 0;
    if (status < 0)
        return status;
    // An answer without a route is malformed.
    if (!result.is_found)
        return -EBADMSG;
    *route = result.route;
    return 1;
}
