// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

int cnftables_read_rule(struct cnftables_bytes message, struct cnftables_rule *out)
{
    struct cnftables_rule rule = {.family = 0};
    struct cnftables_bytes list;
    struct attribute next;
    int status = cnftables_open_message(message, NFT_MSG_NEWRULE, &rule.family, &list);
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        switch (next.type) {
        case NFTA_RULE_TABLE:
            status = read_string(next.value, &rule.table);
            break;
        case NFTA_RULE_CHAIN:
            status = read_string(next.value, &rule.chain);
            break;
        case NFTA_RULE_HANDLE:
            status = read_u64(next.value, &rule.handle);
            break;
        case NFTA_RULE_EXPRESSIONS:
            rule.expressions = next.value;
            break;
        case NFTA_RULE_USERDATA:
            read_comment(next.value, NFTNL_UDATA_RULE_COMMENT, &rule.comment);
            break;
        default:
            break;
        }
    }
    if (status < 0)
        return status;
    if (rule.table.start == NULL || rule.chain.start == NULL)
        return -ENOENT;
    *out = rule;
    return 0;
}
