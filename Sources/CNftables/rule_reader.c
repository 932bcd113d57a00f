// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

static int read_attribute(const struct attribute *next, void *out)
{
    struct cnftables_rule *rule = out;
    switch (next->type) {
    case NFTA_RULE_TABLE:
        return read_string(next->value, &rule->table);
    case NFTA_RULE_CHAIN:
        return read_string(next->value, &rule->chain);
    case NFTA_RULE_HANDLE:
        return read_u64(next->value, &rule->handle);
    case NFTA_RULE_EXPRESSIONS:
        rule->expressions = next->value;
        return 0;
    case NFTA_RULE_USERDATA:
        read_comment(next->value, NFTNL_UDATA_RULE_COMMENT, &rule->comment);
        return 0;
    default:
        return 0;
    }
}

int cnftables_read_rule(struct cnftables_bytes message, struct cnftables_rule *out)
{
    struct cnftables_rule rule = {.family = 0};
    int status = cnftables_read_message(message, NFT_MSG_NEWRULE, &rule.family, read_attribute, &rule);
    if (status < 0)
        return status;
    if (rule.table.start == NULL || rule.chain.start == NULL)
        return -ENOENT;
    *out = rule;
    return 0;
}
