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

int cnftables_read_trace(struct cnftables_bytes message, struct cnftables_trace *out)
{
    struct cnftables_trace trace = {.family = 0};
    struct cnftables_bytes list;
    struct attribute next;
    bool has_packet = false;
    bool has_step = false;
    int status = cnftables_open_message(message, NFT_MSG_TRACE, &trace.family, &list);
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_TRACE_TABLE:
            status = read_string(next.value, &trace.table);
            break;
        case NFTA_TRACE_CHAIN:
            status = read_string(next.value, &trace.chain);
            break;
        case NFTA_TRACE_RULE_HANDLE:
            status = read_u64(next.value, &trace.handle);
            break;
        case NFTA_TRACE_TYPE:
            status = read_step(next.value, &trace.step);
            has_step = true;
            break;
        case NFTA_TRACE_VERDICT:
            status = cnftables_read_verdict(next.value, &trace.verdict, &trace.target);
            if (status == -ENOENT)
                status = -EBADMSG;
            break;
        case NFTA_TRACE_POLICY:
            status = read_s32(next.value, &trace.verdict);
            break;
        case NFTA_TRACE_ID:
            status = read_u32(next.value, &trace.packet);
            has_packet = true;
            break;
        default:
            break;
        }
    }
    if (status < 0)
        return status;
    if (trace.table.start == NULL || trace.chain.start == NULL || !has_packet || !has_step)
        return -ENOENT;
    *out = trace;
    return 0;
}
