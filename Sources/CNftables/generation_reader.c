// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <stdbool.h>

#include <linux/netfilter/nf_tables.h>

/// A generation, and whether its number has been read.
struct generation_result {
    struct cnftables_generation generation;
    bool has_number;
};

static int read_attribute(const struct attribute *next, void *out)
{
    struct generation_result *result = out;
    switch (next->type) {
    case NFTA_GEN_ID:
        result->has_number = true;
        return read_u32(next->value, &result->generation.generation);
    case NFTA_GEN_PROC_PID:
        return read_u32(next->value, &result->generation.process);
    case NFTA_GEN_PROC_NAME:
        return read_string(next->value, &result->generation.process_name);
    default:
        return 0;
    }
}

int cnftables_read_generation(struct cnftables_bytes message, struct cnftables_generation *out)
{
    struct generation_result result = {.has_number = false};
    uint8_t family;
    int status = cnftables_read_message(message, NFT_MSG_NEWGEN, &family, read_attribute, &result);
    if (status < 0)
        return status;
    if (!result.has_number)
        return -ENOENT;
    struct nlmsghdr header;
    memcpy(&header, message.start, sizeof header);
    *out = result.generation;
    out->port = header.nlmsg_pid;
    return 0;
}
