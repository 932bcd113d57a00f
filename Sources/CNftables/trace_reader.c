// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <stdbool.h>

#include <linux/netfilter/nf_tables.h>

static int read_step(struct cnftables_bytes value, enum cnftables_step *step)
{
    uint32_t type;
    int status = read_u32(value, &type);
    if (status < 0)
        return status;
    switch (type) {
    case NFT_TRACETYPE_RULE:
        *step = CNFTABLES_STEP_RULE;
        return 0;
    case NFT_TRACETYPE_RETURN:
        *step = CNFTABLES_STEP_RETURN;
        return 0;
    case NFT_TRACETYPE_POLICY:
        *step = CNFTABLES_STEP_POLICY;
        return 0;
    default:
        return -EBADMSG;
    }
}

/// A step, and whether its packet and kind have been read.
struct trace_result {
    struct cnftables_trace trace;
    bool has_packet, has_step;
};

static int read_attribute(const struct attribute *next, void *out)
{
    struct trace_result *result = out;
    struct cnftables_trace *trace = &result->trace;
    int status;
    switch (next->type) {
    case NFTA_TRACE_TABLE:
        return read_string(next->value, &trace->table);
    case NFTA_TRACE_CHAIN:
        return read_string(next->value, &trace->chain);
    case NFTA_TRACE_RULE_HANDLE:
        return read_u64(next->value, &trace->handle);
    case NFTA_TRACE_TYPE:
        result->has_step = true;
        return read_step(next->value, &trace->step);
    case NFTA_TRACE_VERDICT:
        status = cnftables_read_verdict(next->value, &trace->verdict, &trace->target);
        return status == -ENOENT ? -EBADMSG : status;
    case NFTA_TRACE_POLICY:
        return read_s32(next->value, &trace->verdict);
    case NFTA_TRACE_ID:
        result->has_packet = true;
        return read_u32(next->value, &trace->packet);
    default:
        return 0;
    }
}

int cnftables_read_trace(struct cnftables_bytes message, struct cnftables_trace *out)
{
    struct trace_result result = {.has_packet = false};
    struct cnftables_trace *trace = &result.trace;
    int status = cnftables_read_message(message, NFT_MSG_TRACE, &trace->family, read_attribute, &result);
    if (status < 0)
        return status;
    if (trace->table.start == NULL || trace->chain.start == NULL || !result.has_packet || !result.has_step)
        return -ENOENT;
    *out = *trace;
    return 0;
}
