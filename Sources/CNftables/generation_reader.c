// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <linux/netfilter/nf_tables.h>

int cnftables_read_generation(struct cnftables_bytes message, struct cnftables_generation *out)
{
    struct cnftables_generation generation = {.port = 0};
    struct cnftables_bytes list;
    struct attribute next;
    uint8_t family;
    int has_number = 0;
    int status = cnftables_open_message(message, NFT_MSG_NEWGEN, &family, &list);
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_GEN_ID:
            status = read_u32(next.value, &generation.generation);
            has_number = 1;
            break;
        case NFTA_GEN_PROC_PID:
            status = read_u32(next.value, &generation.process);
            break;
        case NFTA_GEN_PROC_NAME:
            status = read_string(next.value, &generation.process_name);
            break;
        default:
            break;
        }
    }
    if (status < 0)
        return status;
    if (!has_number)
        return -ENOENT;
    struct nlmsghdr header;
    memcpy(&header, message.start, sizeof header);
    generation.port = header.nlmsg_pid;
    *out = generation;
    return 0;
}
