// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "array.h"
#include "clinux.h"
#include "netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

_Static_assert(
    CLINUX_IFA_TEMPORARY == IFA_F_TEMPORARY && CLINUX_IFA_OPTIMISTIC == IFA_F_OPTIMISTIC
        && CLINUX_IFA_DAD_FAILED == IFA_F_DADFAILED && CLINUX_IFA_DEPRECATED == IFA_F_DEPRECATED
        && CLINUX_IFA_TENTATIVE == IFA_F_TENTATIVE && CLINUX_IFA_PERMANENT == IFA_F_PERMANENT
        && CLINUX_IFA_STABLE_PRIVACY == IFA_F_STABLE_PRIVACY,
    "flags of addresses");
_Static_assert(
    (int)CLINUX_IFF_UP == (int)IFF_UP && (int)CLINUX_IFF_LOOPBACK == (int)IFF_LOOPBACK
        && (int)CLINUX_IFF_LOWER_UP == (int)IFF_LOWER_UP,
    "flags of interfaces");
_Static_assert(
    (int)CLINUX_SCOPE_LINK == (int)RT_SCOPE_LINK && (int)CLINUX_SCOPE_HOST == (int)RT_SCOPE_HOST,
    "scopes of addresses");
_Static_assert(
    CLINUX_TYPE_ETHERNET == ARPHRD_ETHER && CLINUX_TYPE_PPP == ARPHRD_PPP
        && CLINUX_TYPE_LOOPBACK == ARPHRD_LOOPBACK && CLINUX_TYPE_TUNNEL_FIRST == ARPHRD_TUNNEL
        && CLINUX_TYPE_TUNNEL_LAST == ARPHRD_IPGRE && CLINUX_TYPE_NONE == ARPHRD_NONE,
    "types of interfaces");

/// IFA_PROTO, which the headers of older supported kernels lack.
enum { ADDRESS_PROTOCOL = 11 };

int clinux_route_open(int *descriptor)
{
    return clinux_netlink_open(NETLINK_ROUTE, descriptor);
}

/// The growing array of results of a dump.
struct results {
    void *elements;
    size_t count;
    size_t capacity;
};

/// Copies the first `size` bytes of an attribute. Returns 0, -ENOENT, or -EBADMSG when it is shorter.
static int copy_attribute(const uint8_t *bytes, size_t length, uint16_t type, void *to, size_t size)
{
    const uint8_t *found = NULL;
    size_t found_length = 0;
    int status = clinux_netlink_attribute(bytes, length, type, &found, &found_length);
    if (status < 0)
        return status;
    if (found_length < size)
        return -EBADMSG;
    memcpy(to, found, size);
    return 0;
}

int clinux_address_parse(const void *bytes, size_t length, struct clinux_address *address)
{
    const uint8_t *payload = bytes;
    struct clinux_address found;
    struct ifaddrmsg fixed;
    if (length < sizeof fixed)
        return -EBADMSG;
    memcpy(&fixed, payload, sizeof fixed);
    // Addresses of other families have other sizes.
    if (fixed.ifa_family != AF_INET && fixed.ifa_family != AF_INET6)
        return -ENOENT;
    found = (struct clinux_address){
        .interface = fixed.ifa_index,
        .flags = fixed.ifa_flags,
        .valid_lifetime = UINT32_MAX,
        .preferred_lifetime = UINT32_MAX,
        .created = UINT32_MAX,
        .family = fixed.ifa_family,
        .prefix_length = fixed.ifa_prefixlen,
        .scope = fixed.ifa_scope,
    };
    payload += sizeof fixed;
    length -= sizeof fixed;

    size_t size = fixed.ifa_family == AF_INET6 ? 16 : 4;
    // On a point-to-point interface IFA_ADDRESS is the peer's address and IFA_LOCAL the host's.
    int status = copy_attribute(payload, length, IFA_LOCAL, found.bytes, size);
    if (status == -ENOENT)
        status = copy_attribute(payload, length, IFA_ADDRESS, found.bytes, size);
    if (status < 0)
        return -EBADMSG;

    struct ifa_cacheinfo cache;
    status = copy_attribute(payload, length, IFA_CACHEINFO, &cache, sizeof cache);
    if (status == -EBADMSG)
        return status;
    if (status == 0) {
        found.valid_lifetime = cache.ifa_valid;
        found.preferred_lifetime = cache.ifa_prefered;
        found.created = cache.cstamp;
    }
    // IFA_FLAGS has all flags, `ifa_flags` only the lowest 8 bits of them.
    if (copy_attribute(payload, length, IFA_FLAGS, &found.flags, sizeof found.flags) == -EBADMSG
        || copy_attribute(payload, length, ADDRESS_PROTOCOL, &found.protocol, 1) == -EBADMSG)
        return -EBADMSG;
    *address = found;
    return 0;
}

/// Copies a text attribute, cut to `size` - 1 bytes; nothing if it is absent. Returns 0 or -EBADMSG.
static int copy_text(const uint8_t *payload, size_t length, uint16_t type, char *text, size_t size)
{
    const uint8_t *found = NULL;
    size_t found_length = 0;
    int status = clinux_netlink_attribute(payload, length, type, &found, &found_length);
    if (status == 0)
        memcpy(text, found, found_length < size ? found_length : size - 1);
    return status == -ENOENT ? 0 : status;
}

int clinux_link_parse(const void *bytes, size_t length, struct clinux_link *link)
{
    const uint8_t *payload = bytes, *info = NULL;
    size_t info_length = 0;
    struct ifinfomsg fixed;
    if (length < sizeof fixed)
        return -EBADMSG;
    memcpy(&fixed, payload, sizeof fixed);
    struct clinux_link found = {.index = fixed.ifi_index, .flags = fixed.ifi_flags, .type = fixed.ifi_type};
    payload += sizeof fixed;
    length -= sizeof fixed;
    int status = copy_text(payload, length, IFLA_IFNAME, found.name, sizeof found.name);
    if (status == 0)
        status = copy_attribute(payload, length, IFLA_MASTER, &found.master, sizeof found.master);
    if (status == 0 || status == -ENOENT)
        status = copy_attribute(payload, length, IFLA_GROUP, &found.group, sizeof found.group);
    if (status == 0 || status == -ENOENT)
        status = clinux_netlink_attribute(payload, length, IFLA_LINKINFO, &info, &info_length);
    if (status == 0)
        status = copy_text(info, info_length, IFLA_INFO_KIND, found.kind, sizeof found.kind);
    if (status < 0 && status != -ENOENT)
        return status;
    *link = found;
    return 0;
}

static int take_address(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct results *results = context;
    struct clinux_address address;
    if (type != RTM_NEWADDR)
        return 0;
    int status = clinux_address_parse(payload, length, &address);
    if (status < 0)
        return status == -ENOENT ? 0 : status;
    status = clinux_grow(&results->elements, results->count, &results->capacity, sizeof address);
    if (status == 0)
        ((struct clinux_address *)results->elements)[results->count++] = address;
    return status;
}

static int take_link(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct results *results = context;
    struct clinux_link link;
    if (type != RTM_NEWLINK)
        return 0;
    int status = clinux_link_parse(payload, length, &link);
    if (status == 0)
        status = clinux_grow(&results->elements, results->count, &results->capacity, sizeof link);
    if (status == 0)
        ((struct clinux_link *)results->elements)[results->count++] = link;
    return status;
}

int clinux_addresses_dump(int descriptor, uint32_t sequence, struct clinux_address **addresses, size_t *count)
{
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg fixed;
    } request = {
        .header =
            {.nlmsg_len = sizeof request,
             .nlmsg_type = RTM_GETADDR,
             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
             .nlmsg_seq = sequence},
    };
    struct results results = {0};
    int status =
        clinux_netlink_request(descriptor, &request, sizeof request, sequence, take_address, &results);
    if (status < 0) {
        free(results.elements);
        return status;
    }
    *addresses = results.elements;
    *count = results.count;
    return 0;
}

int clinux_links_dump(int descriptor, uint32_t sequence, struct clinux_link **links, size_t *count)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg fixed;
        struct nlattr mask;
        uint32_t mask_value;
    } request = {
        .header =
            {.nlmsg_len = sizeof request,
             .nlmsg_type = RTM_GETLINK,
             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
             .nlmsg_seq = sequence},
        .mask = {.nla_len = NLA_HDRLEN + sizeof(uint32_t), .nla_type = IFLA_EXT_MASK},
        .mask_value = RTEXT_FILTER_SKIP_STATS,
    };
    struct results results = {0};
    int status = clinux_netlink_request(descriptor, &request, sizeof request, sequence, take_link, &results);
    if (status < 0) {
        free(results.elements);
        return status;
    }
    *links = results.elements;
    *count = results.count;
    return 0;
}
