// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch.h"

#include <errno.h>
#include <stdio.h> // libnftnl/expr.h uses FILE without including it
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

_Static_assert(
    CNFTABLES_DROP == NF_DROP && CNFTABLES_ACCEPT == NF_ACCEPT && (int)CNFTABLES_CONTINUE == (int)NFT_CONTINUE
        && (int)CNFTABLES_JUMP == (int)NFT_JUMP && (int)CNFTABLES_GOTO == (int)NFT_GOTO
        && (int)CNFTABLES_RETURN == (int)NFT_RETURN,
    "verdicts");

enum {
    /// Bytes reserved for an expression apart from its name and data: headers, numbers and, for a mask, `second`,
    /// which has 64 bytes at most.
    EXPRESSION_FRAME = 128,
    /// The longest data of an xtables extension; the extensions that teredowalld writes have less.
    DATA_MAX = 4096,
    /// The longest list of expressions: it must fit into one attribute, whose length has 16 bits.
    RULE_MAX = 60000,
};

/// Copies a name and adds a NUL. Returns 0, -ENAMETOOLONG, or -EINVAL for a name that contains a NUL.
static int copy_name(char out[BATCH_NAME_MAX + 1], struct cnftables_bytes name)
{
    if (name.length > BATCH_NAME_MAX)
        return -ENAMETOOLONG;
    if (name.length != 0) {
        if (memchr(name.start, '\0', name.length) != NULL)
            return -EINVAL;
        memcpy(out, name.start, name.length);
    }
    out[name.length] = '\0';
    return 0;
}

/// Gives an xtables extension a copy of the data. libnftnl keeps the pointer and frees the copy, which clang's analyzer
/// cannot see, hence `suppress`. Returns 0 or -ENOMEM.
static int set_extension_data(struct nftnl_expr *out, uint16_t attribute, struct cnftables_bytes data)
{
    // One byte more, because malloc may return NULL for none.
    __attribute__((suppress)) void *copy = malloc(data.length + 1);
    if (copy == NULL)
        return -ENOMEM;
    if (data.length != 0)
        memcpy(copy, data.start, data.length);
    nftnl_expr_set(out, attribute, copy, (uint32_t)data.length);
    return 0;
}

/// Sets an attribute to a register, given by its offset in bytes: the first as NFT_REG_1, as nft writes it, the others
/// as registers of four bytes (NFT_REG32_*). Returns 0, or -EINVAL for an offset at which no register begins.
static int set_register(struct nftnl_expr *out, uint16_t attribute, uint8_t offset)
{
    if (offset >= CNFTABLES_REGISTERS_SIZE || offset % 4 != 0)
        return -EINVAL;
    nftnl_expr_set_u32(out, attribute, offset == 0 ? NFT_REG_1 : NFT_REG32_00 + offset / 4u);
    return 0;
}

// Functions for the kinds of expressions. Each sets the attributes of `out` for the expression `in`, whose name is
// followed by a NUL, as libnftnl needs it, and returns 0 or -errno.

static const char *name_of(const struct cnftables_expression *in)
{
    return (const char *)in->name.start;
}

static int fill_meta(struct nftnl_expr *out, const struct cnftables_expression *in)
{
    nftnl_expr_set_u32(out, NFTNL_EXPR_META_KEY, (uint32_t)in->code);
    nftnl_expr_set_u32(out, NFTNL_EXPR_META_DREG, NFT_REG_1);
    return 0;
}

static int fill_payload(struct nftnl_expr *out, const struct cnftables_expression *in)
{
    nftnl_expr_set_u32(out, NFTNL_EXPR_PAYLOAD_BASE, (uint32_t)in->code);
    nftnl_expr_set_u32(out, NFTNL_EXPR_PAYLOAD_OFFSET, in->offset);
    nftnl_expr_set_u32(out, NFTNL_EXPR_PAYLOAD_LEN, in->length);
    return set_register(out, NFTNL_EXPR_PAYLOAD_DREG, in->destination);
}

static int fill_connection(struct nftnl_expr *out, const struct cnftables_expression *in)
{
    nftnl_expr_set_u32(out, NFTNL_EXPR_CT_KEY, (uint32_t)in->code);
    return set_register(out, NFTNL_EXPR_CT_DREG, in->destination);
}

static int fill_mask(struct nftnl_expr *out, const struct cnftables_expression *in)
{
    if (in->length > NFT_DATA_VALUE_MAXLEN || in->data.length != in->length
        || in->second.length != in->length)
        return -EINVAL;
    nftnl_expr_set_u32(out, NFTNL_EXPR_BITWISE_LEN, in->length);
    nftnl_expr_set(out, NFTNL_EXPR_BITWISE_MASK, in->data.start, in->length);
    nftnl_expr_set(out, NFTNL_EXPR_BITWISE_XOR, in->second.start, in->length);
    int status = set_register(out, NFTNL_EXPR_BITWISE_SREG, in->source);
    return status == 0 ? set_register(out, NFTNL_EXPR_BITWISE_DREG, in->destination) : status;
}

static int fill_compare(struct nftnl_expr *out, const struct cnftables_expression *in)
{
    if (in->data.length > NFT_DATA_VALUE_MAXLEN)
        return -E2BIG;
    nftnl_expr_set_u32(out, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
    nftnl_expr_set_u32(out, NFTNL_EXPR_CMP_OP, (uint32_t)in->code);
    nftnl_expr_set(out, NFTNL_EXPR_CMP_DATA, in->data.start, (uint32_t)in->data.length);
    return 0;
}

static int fill_lookup(struct nftnl_expr *out, const struct cnftables_expression *in)
{
    nftnl_expr_set_u32(out, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
    nftnl_expr_set_str(out, NFTNL_EXPR_LOOKUP_SET, name_of(in));
    if (in->code != 0)
        nftnl_expr_set_u32(out, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
    return 0;
}

static int fill_counter(struct nftnl_expr *out, const struct cnftables_expression *in)
{
    // Leave out zeros, as nft does.
    if (in->packets != 0 || in->octets != 0) {
        nftnl_expr_set_u64(out, NFTNL_EXPR_CTR_PACKETS, in->packets);
        nftnl_expr_set_u64(out, NFTNL_EXPR_CTR_BYTES, in->octets);
    }
    return 0;
}

static int fill_verdict(struct nftnl_expr *out, const struct cnftables_expression *in)
{
    nftnl_expr_set_u32(out, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
    nftnl_expr_set_u32(out, NFTNL_EXPR_IMM_VERDICT, (uint32_t)in->code);
    if (in->name.length != 0)
        nftnl_expr_set_str(out, NFTNL_EXPR_IMM_CHAIN, name_of(in));
    return 0;
}

static int fill_match(struct nftnl_expr *out, const struct cnftables_expression *in)
{
    nftnl_expr_set_str(out, NFTNL_EXPR_MT_NAME, name_of(in));
    nftnl_expr_set_u32(out, NFTNL_EXPR_MT_REV, (uint32_t)in->code);
    return set_extension_data(out, NFTNL_EXPR_MT_INFO, in->data);
}

static int fill_target(struct nftnl_expr *out, const struct cnftables_expression *in)
{
    nftnl_expr_set_str(out, NFTNL_EXPR_TG_NAME, name_of(in));
    nftnl_expr_set_u32(out, NFTNL_EXPR_TG_REV, (uint32_t)in->code);
    return set_extension_data(out, NFTNL_EXPR_TG_INFO, in->data);
}

/// The kinds that can be written.
static const struct writer {
    enum cnftables_kind kind;
    /// The kernel's name of the expression.
    const char *name;
    int (*fill)(struct nftnl_expr *out, const struct cnftables_expression *in);
} writers[] = {
    {CNFTABLES_META, "meta", fill_meta},          {CNFTABLES_PAYLOAD, "payload", fill_payload},
    {CNFTABLES_COMPARE, "cmp", fill_compare},     {CNFTABLES_LOOKUP, "lookup", fill_lookup},
    {CNFTABLES_CT, "ct", fill_connection},        {CNFTABLES_MASK, "bitwise", fill_mask},
    {CNFTABLES_COUNTER, "counter", fill_counter}, {CNFTABLES_VERDICT, "immediate", fill_verdict},
    {CNFTABLES_MATCH, "match", fill_match},       {CNFTABLES_TARGET, "target", fill_target},
};

/// Returns NULL for a kind that cannot be written.
static const struct writer *writer_of(enum cnftables_kind kind)
{
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
        if (writers[i].kind == kind)
            return &writers[i];
    return NULL;
}

int cnftables_add_expression(struct cnftables_batch *batch, const struct cnftables_expression *expression)
{
    if (batch->finished || batch->rule == NULL)
        return -EINVAL;
    const struct writer *writer = writer_of(expression->kind);
    if (writer == NULL)
        return -EOPNOTSUPP;
    char name[BATCH_NAME_MAX + 1];
    int status = copy_name(name, expression->name);
    if (status < 0)
        return status;
    size_t size = EXPRESSION_FRAME + expression->name.length + expression->data.length;
    if (expression->data.length > DATA_MAX || batch->rule_size + size > RULE_MAX)
        return -E2BIG;
    struct nftnl_expr *out = nftnl_expr_alloc(writer->name);
    if (out == NULL)
        return -ENOMEM;
    struct cnftables_expression named = *expression;
    named.name.start = (const uint8_t *)name;
    status = writer->fill(out, &named);
    if (status < 0) {
        nftnl_expr_free(out);
        return status;
    }
    nftnl_rule_add_expr(batch->rule, out);
    batch->rule_size += size;
    return 0;
}

int cnftables_add_trace(struct cnftables_batch *batch)
{
    if (batch->finished || batch->rule == NULL)
        return -EINVAL;
    if (batch->rule_size + 2 * EXPRESSION_FRAME > RULE_MAX)
        return -E2BIG;
    struct nftnl_expr *value = nftnl_expr_alloc("immediate");
    struct nftnl_expr *meta = nftnl_expr_alloc("meta");
    if (value == NULL || meta == NULL) {
        if (value != NULL)
            nftnl_expr_free(value);
        if (meta != NULL)
            nftnl_expr_free(meta);
        return -ENOMEM;
    }
    const uint8_t on = 1;
    nftnl_expr_set_u32(value, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
    nftnl_expr_set(value, NFTNL_EXPR_IMM_DATA, &on, sizeof on);
    nftnl_expr_set_u32(meta, NFTNL_EXPR_META_KEY, NFT_META_NFTRACE);
    nftnl_expr_set_u32(meta, NFTNL_EXPR_META_SREG, NFT_REG_1);
    nftnl_rule_add_expr(batch->rule, value);
    nftnl_rule_add_expr(batch->rule, meta);
    batch->rule_size += 2 * EXPRESSION_FRAME;
    return 0;
}
