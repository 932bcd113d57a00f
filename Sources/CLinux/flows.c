// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "array.h"
#include "clinux_flows.h"
#include "netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

// The attributes CTA_FILTER and CTA_FILTER_ORIG_FLAGS, which headers of older kernels lack, and the bits
// of the second, from the kernel's net/netfilter/nf_internals.h (CTA_FILTER_F_CTA_…).
enum {
    FILTER = 25,
    FILTER_ORIG_FLAGS = 1,
    FILTER_PROTO_NUM = 1 << 3,
    FILTER_SRC_PORT = 1 << 4,
    FILTER_DST_PORT = 1 << 5,
};

/// A request under construction. `attributes` has room for those of every request in this file.
struct request {
    struct nlmsghdr header;
    struct nfgenmsg family;
    uint8_t attributes[160];
    /// The number of bytes of `attributes` in use.
    size_t length;
};

static struct request make_request(uint16_t type, uint16_t flags, uint32_t sequence)
{
    return (struct request){
        .header =
            {.nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type),
             .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
             .nlmsg_seq = sequence},
        .family = {.nfgen_family = AF_INET, .version = NFNETLINK_V0},
    };
}

/// Appends an attribute and returns its offset.
static size_t put(struct request *request, uint16_t type, const void *value, size_t length)
{
    size_t start = request->length;
    struct nlattr attribute = {.nla_len = (uint16_t)(NLA_HDRLEN + length), .nla_type = type};
    memcpy(request->attributes + start, &attribute, sizeof attribute);
    if (length > 0)
        memcpy(request->attributes + start + NLA_HDRLEN, value, length);
    request->length = start + NLA_ALIGN(NLA_HDRLEN + length);
    return start;
}

/// Appends the header of an attribute that contains the attributes appended until `end_nest`, which gets the offset
/// that this function returns.
static size_t begin_nest(struct request *request, uint16_t type)
{
    return put(request, type | NLA_F_NESTED, NULL, 0);
}

static void end_nest(struct request *request, size_t start)
{
    uint16_t length = (uint16_t)(request->length - start);
    _Static_assert(offsetof(struct nlattr, nla_len) == 0, "the length is at the start of the attribute");
    memcpy(request->attributes + start, &length, sizeof length);
}

/// Writes the length of a finished request into its header and returns it.
static size_t finish(struct request *request)
{
    request->header.nlmsg_len = (uint32_t)(offsetof(struct request, attributes) + request->length);
    return request->header.nlmsg_len;
}

/// Appends the protocol UDP and, if not 0, the ports of a flow's first packet.
static void put_protocol(struct request *request, uint16_t source, uint16_t destination)
{
    const uint8_t udp = IPPROTO_UDP;
    size_t protocol = begin_nest(request, CTA_TUPLE_PROTO);
    put(request, CTA_PROTO_NUM, &udp, sizeof udp);
    uint16_t port = htons(source);
    if (source != 0)
        put(request, CTA_PROTO_SRC_PORT, &port, sizeof port);
    port = htons(destination);
    if (destination != 0)
        put(request, CTA_PROTO_DST_PORT, &port, sizeof port);
    end_nest(request, protocol);
}

int clinux_flows_open(int *descriptor)
{
    return clinux_netlink_open(NETLINK_NETFILTER, descriptor);
}

/// Reads CTA_TUPLE_ORIG or CTA_TUPLE_REPLY. Returns 0, -ENOENT for another protocol than UDP over IPv4, or
/// -EBADMSG.
static int parse_tuple(
    const uint8_t *bytes, size_t length, struct clinux_endpoint *source, struct clinux_endpoint *destination)
{
    const uint8_t *part = NULL, *value = NULL;
    size_t part_length = 0, value_length = 0;
    uint32_t address;
    uint16_t port;
    int status = clinux_netlink_attribute(bytes, length, CTA_TUPLE_IP, &part, &part_length);
    // Here and below, end 0 is the source and end 1 the destination.
    for (int end = 0; status == 0 && end < 2; end++) {
        uint16_t type = end == 0 ? CTA_IP_V4_SRC : CTA_IP_V4_DST;
        status = clinux_netlink_attribute(part, part_length, type, &value, &value_length);
        if (status == 0 && value_length != sizeof address)
            return -EBADMSG;
        if (status == 0) {
            memcpy(&address, value, sizeof address);
            (end == 0 ? source : destination)->address = ntohl(address);
        }
    }
    if (status == 0)
        status = clinux_netlink_attribute(bytes, length, CTA_TUPLE_PROTO, &part, &part_length);
    if (status == 0)
        status = clinux_netlink_attribute(part, part_length, CTA_PROTO_NUM, &value, &value_length);
    if (status == 0 && (value_length != 1 || *value != IPPROTO_UDP))
        return -ENOENT;
    for (int end = 0; status == 0 && end < 2; end++) {
        uint16_t type = end == 0 ? CTA_PROTO_SRC_PORT : CTA_PROTO_DST_PORT;
        status = clinux_netlink_attribute(part, part_length, type, &value, &value_length);
        if (status == 0 && value_length != sizeof port)
            return -EBADMSG;
        if (status == 0) {
            memcpy(&port, value, sizeof port);
            (end == 0 ? source : destination)->port = ntohs(port);
        }
    }
    return status;
}

int clinux_flow_parse(const void *bytes, size_t length, struct clinux_flow *flow)
{
    if (length < sizeof(struct nfgenmsg))
        return -EBADMSG;
    const uint8_t *attributes = (const uint8_t *)bytes + NLMSG_ALIGN(sizeof(struct nfgenmsg));
    length -= NLMSG_ALIGN(sizeof(struct nfgenmsg));
    struct clinux_flow found = {.id = 0};
    const uint8_t *value = NULL;
    size_t value_length = 0;
    int status = clinux_netlink_attribute(attributes, length, CTA_TUPLE_ORIG, &value, &value_length);
    if (status == 0)
        status = parse_tuple(value, value_length, &found.source, &found.destination);
    if (status == 0)
        status = clinux_netlink_attribute(attributes, length, CTA_TUPLE_REPLY, &value, &value_length);
    if (status == 0)
        status = parse_tuple(value, value_length, &found.reply_source, &found.reply_destination);
    if (status < 0)
        return status;
    if (clinux_netlink_attribute(attributes, length, CTA_ID, &value, &value_length) == 0
        && value_length == sizeof found.id)
        memcpy(&found.id, value, sizeof found.id);
    if (clinux_netlink_attribute(attributes, length, CTA_ZONE, &value, &value_length) == 0
        && value_length == sizeof found.zone) {
        memcpy(&found.zone, value, sizeof found.zone);
        found.zone = ntohs(found.zone);
    }
    *flow = found;
    return 0;
}

/// The flows that a dump has found so far, and the filter for them.
struct flow_results {
    struct clinux_flow *flows;
    size_t count;
    size_t capacity;
    /// Only flows with this port at this end are added.
    enum clinux_flow_end end;
    uint16_t port;
};

static int take_flow(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct flow_results *results = context;
    struct clinux_flow flow;
    if (type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW))
        return 0;
    int status = clinux_flow_parse(payload, length, &flow);
    if (status < 0)
        return status == -ENOENT ? 0 : status;
    if ((results->end == CLINUX_FLOW_SOURCE ? flow.source.port : flow.destination.port) != results->port)
        return 0;
    void *flows = results->flows;
    status = clinux_grow(&flows, results->count, &results->capacity, sizeof flow);
    results->flows = flows;
    if (status == 0)
        results->flows[results->count++] = flow;
    return status;
}

int clinux_flows_dump(
    int descriptor, uint32_t sequence, enum clinux_flow_end end, uint16_t port, struct clinux_flow **flows,
    size_t *count)
{
    struct request request = make_request(IPCTNL_MSG_CT_GET, NLM_F_DUMP, sequence);
    size_t tuple = begin_nest(&request, CTA_TUPLE_ORIG);
    put_protocol(&request, end == CLINUX_FLOW_SOURCE ? port : 0, end == CLINUX_FLOW_SOURCE ? 0 : port);
    end_nest(&request, tuple);
    const uint32_t flags = FILTER_PROTO_NUM | (end == CLINUX_FLOW_SOURCE ? FILTER_SRC_PORT : FILTER_DST_PORT);
    size_t filter = begin_nest(&request, FILTER);
    put(&request, FILTER_ORIG_FLAGS, &flags, sizeof flags);
    end_nest(&request, filter);
    struct flow_results results = {.end = end, .port = port};
    int status =
        clinux_netlink_request(descriptor, &request, finish(&request), sequence, take_flow, &results);
    if (status < 0) {
        free(results.flows);
        return status;
    }
    *flows = results.flows;
    *count = results.count;
    return 0;
}

/// The answer to a request for the number of flows.
struct count_result {
    uint32_t count;
    bool is_answered;
};

int clinux_flows_count_parse(const void *bytes, size_t length, uint32_t *count)
{
    const size_t start = NLMSG_ALIGN(sizeof(struct nfgenmsg));
    const uint8_t *value = NULL;
    size_t value_length = 0;
    uint32_t number;
    if (length < start)
        return -EBADMSG;
    int status = clinux_netlink_attribute(
        (const uint8_t *)bytes + start, length - start, CTA_STATS_GLOBAL_ENTRIES, &value, &value_length);
    if (status < 0 || value_length != sizeof number)
        return -EBADMSG;
    memcpy(&number, value, sizeof number);
    *count = ntohl(number);
    return 0;
}

static int take_count(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    struct count_result *result = context;
    if (type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS))
        return 0;
    int status = clinux_flows_count_parse(payload, length, &result->count);
    if (status == 0)
        result->is_answered = true;
    return status;
}

int clinux_flows_count(int descriptor, uint32_t sequence, uint32_t *count)
{
    // The acknowledgement marks the end of the answer.
    struct request request = make_request(IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK, sequence);
    struct count_result result = {.is_answered = false};
    int status =
        clinux_netlink_request(descriptor, &request, finish(&request), sequence, take_count, &result);
    if (status < 0)
        return status;
    if (!result.is_answered)
        return -EBADMSG;
    *count = result.count;
    return 0;
}

static int take_nothing(void *context, uint16_t type, const uint8_t *payload, size_t length)
{
    (void)context, (void)type, (void)payload, (void)length;
    return 0;
}

int clinux_flow_delete(int descriptor, uint32_t sequence, const struct clinux_flow *flow)
{
    // Always include the addresses and ports: a request without them deletes every flow.
    struct request request = make_request(IPCTNL_MSG_CT_DELETE, NLM_F_ACK, sequence);
    size_t tuple = begin_nest(&request, CTA_TUPLE_ORIG);
    size_t addresses = begin_nest(&request, CTA_TUPLE_IP);
    uint32_t address = htonl(flow->source.address);
    put(&request, CTA_IP_V4_SRC, &address, sizeof address);
    address = htonl(flow->destination.address);
    put(&request, CTA_IP_V4_DST, &address, sizeof address);
    end_nest(&request, addresses);
    put_protocol(&request, flow->source.port, flow->destination.port);
    end_nest(&request, tuple);
    if (flow->zone != 0) {
        uint16_t zone = htons(flow->zone);
        put(&request, CTA_ZONE, &zone, sizeof zone);
    }
    put(&request, CTA_ID, &flow->id, sizeof flow->id);
    // The acknowledgement is the whole answer.
    return clinux_netlink_request(descriptor, &request, finish(&request), sequence, take_nothing, NULL);
}
