// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <linux/netfilter/nf_tables.h>

int cnftables_read_verdict(struct cnftables_bytes verdict, int32_t *code, struct cnftables_bytes *chain)
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

int cnftables_read_data_verdict(struct cnftables_bytes data, int32_t *code, struct cnftables_bytes *chain)
{
    struct cnftables_bytes verdict;
    int status = find_attribute(data, NFTA_DATA_VERDICT, &verdict);
    return status == 0 ? cnftables_read_verdict(verdict, code, chain) : status;
}
