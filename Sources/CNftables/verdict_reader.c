// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <linux/netfilter/nf_tables.h>

int read_verdict(struct cnftables_bytes verdict, int32_t *code, struct cnftables_bytes *chain)
{
    struct cnftables_bytes value, target = {.length = 0};
    int32_t number = 0;
    int status = find_attribute(verdict, NFTA_VERDICT_CODE, &value);
    if (status == 0)
        status = read_s32(value, &number);
    if (status == 0 && (number == NFT_JUMP || number == NFT_GOTO)) {
        status = find_attribute(verdict, NFTA_VERDICT_CHAIN, &value);
        if (status == 0)
            status = read_string(value, &target);
    }
    if (status < 0)
        return status;
    *code = number;
    *chain = target;
    return 0;
}

int read_data_verdict(struct cnftables_bytes data, int32_t *code, struct cnftables_bytes *chain)
{
    struct cnftables_bytes verdict;
    int status = find_attribute(data, NFTA_DATA_VERDICT, &verdict);
    return status == 0 ? read_verdict(verdict, code, chain) : status;
}

int cnftables_next_verdict(
    struct cnftables_bytes *elements, int32_t *code, struct cnftables_bytes *chain, int *found)
{
    struct cnftables_bytes rest = *elements;
    for (;;) {
        struct attribute entry;
        struct cnftables_bytes data;
        int status = next_attribute(&rest, &entry);
        if (status == 0 && entry.type == 0) {
            *found = 0;
            return 0;
        }
        if (status == 0)
            status = find_attribute(entry.value, NFTA_SET_ELEM_DATA, &data);
        if (status == 0)
            status = read_data_verdict(data, code, chain);
        if (status == -ENOENT)
            continue; // the end of an interval has none
        if (status < 0)
            return status;
        *elements = rest;
        *found = 1;
        return 0;
    }
}
