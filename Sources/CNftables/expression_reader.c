// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <stdbool.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>

/// Registers by which the kernel lists the first one: the 16-byte and the 4-byte view of it.
static bool is_first(uint32_t reg)
{
    return reg == NFT_REG_1 || reg == NFT_REG32_00;
}

static bool is_named(struct cnftables_bytes name, const char *text)
{
    return name.length == strlen(text) && memcmp(name.start, text, name.length) == 0;
}

/// Says that the expression is none of those told apart, and what it is instead.
static void set_other(struct cnftables_expression *out, const char *name)
{
    *out = (struct cnftables_expression){
        .kind = CNFTABLES_OTHER,
        .name = {.start = (const uint8_t *)name, .length = strlen(name)},
    };
}

/// The first attributes of an expression, all of them 32-bit numbers in most kinds.
enum { NUMBERS = 12 };
struct numbers {
    bool is_set[NUMBERS];
    uint32_t value[NUMBERS];
};

/// Reads the attributes in `wanted` (a bit for each type) as 32-bit numbers.
static int read_numbers(struct cnftables_bytes list, uint32_t wanted, struct numbers *numbers)
{
    struct attribute next;
    *numbers = (struct numbers){.value = {0}};
    for (;;) {
        int status = next_attribute(&list, &next);
        if (status < 0 || next.type == 0)
            return status;
        if (next.type >= NUMBERS || (wanted & 1u << next.type) == 0)
            continue;
        status = read_u32(next.value, &numbers->value[next.type]);
        if (status < 0)
            return status;
        numbers->is_set[next.type] = true;
    }
}

static int read_meta(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status =
        read_numbers(list, 1u << NFTA_META_DREG | 1u << NFTA_META_KEY | 1u << NFTA_META_SREG, &numbers);
    if (status < 0)
        return status;
    if (numbers.is_set[NFTA_META_SREG])
        set_other(out, "meta set");
    else if (numbers.is_set[NFTA_META_KEY] && is_first(numbers.value[NFTA_META_DREG])) {
        out->kind = CNFTABLES_META;
        out->code = (int32_t)numbers.value[NFTA_META_KEY];
    }
    return 0;
}

static int read_payload(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status = read_numbers(
        list,
        1u << NFTA_PAYLOAD_DREG | 1u << NFTA_PAYLOAD_BASE | 1u << NFTA_PAYLOAD_OFFSET
            | 1u << NFTA_PAYLOAD_LEN | 1u << NFTA_PAYLOAD_SREG,
        &numbers);
    if (status < 0)
        return status;
    if (numbers.is_set[NFTA_PAYLOAD_SREG])
        set_other(out, "payload set");
    else if (
        is_first(numbers.value[NFTA_PAYLOAD_DREG]) && numbers.is_set[NFTA_PAYLOAD_BASE]
        && numbers.is_set[NFTA_PAYLOAD_OFFSET] && numbers.is_set[NFTA_PAYLOAD_LEN]) {
        out->kind = CNFTABLES_PAYLOAD;
        out->code = (int32_t)numbers.value[NFTA_PAYLOAD_BASE];
        out->offset = numbers.value[NFTA_PAYLOAD_OFFSET];
        out->length = numbers.value[NFTA_PAYLOAD_LEN];
    }
    return 0;
}

static int read_compare(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    struct cnftables_bytes data, value;
    int status = read_numbers(list, 1u << NFTA_CMP_SREG | 1u << NFTA_CMP_OP, &numbers);
    if (status == 0)
        status = find_attribute(list, NFTA_CMP_DATA, &data);
    if (status == 0)
        status = find_attribute(data, NFTA_DATA_VALUE, &value);
    if (status == -ENOENT)
        return 0;
    if (status < 0)
        return status;
    if (is_first(numbers.value[NFTA_CMP_SREG]) && numbers.is_set[NFTA_CMP_OP]) {
        out->kind = CNFTABLES_COMPARE;
        out->code = (int32_t)numbers.value[NFTA_CMP_OP];
        out->data = value;
    }
    return 0;
}

static int read_lookup(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    struct cnftables_bytes name;
    int status = read_numbers(
        list, 1u << NFTA_LOOKUP_SREG | 1u << NFTA_LOOKUP_DREG | 1u << NFTA_LOOKUP_FLAGS, &numbers);
    if (status == 0)
        status = find_attribute(list, NFTA_LOOKUP_SET, &name);
    if (status == -ENOENT)
        return 0;
    if (status < 0)
        return status;
    status = read_string(name, &name);
    if (status < 0)
        return status;
    int is_dispatch = numbers.is_set[NFTA_LOOKUP_DREG] && numbers.value[NFTA_LOOKUP_DREG] == NFT_REG_VERDICT;
    if (is_dispatch && is_first(numbers.value[NFTA_LOOKUP_SREG])) {
        out->kind = CNFTABLES_DISPATCH;
        out->name = name;
    } else if (numbers.is_set[NFTA_LOOKUP_DREG])
        set_other(out, is_dispatch ? "vmap" : "map");
    else if (
        is_first(numbers.value[NFTA_LOOKUP_SREG])
        && (numbers.value[NFTA_LOOKUP_FLAGS] & ~(uint32_t)NFT_LOOKUP_F_INV) == 0) {
        out->kind = CNFTABLES_LOOKUP;
        out->code = numbers.value[NFTA_LOOKUP_FLAGS] == NFT_LOOKUP_F_INV;
        out->name = name;
    }
    return 0;
}

static int read_counter(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct attribute next;
    int status = 0;
    struct cnftables_expression counter = {.kind = CNFTABLES_COUNTER};
    while (status == 0 && (status = next_attribute(&list, &next)) == 0 && next.type != 0) {
        if (next.type == NFTA_COUNTER_PACKETS)
            status = read_u64(next.value, &counter.packets);
        else if (next.type == NFTA_COUNTER_BYTES)
            status = read_u64(next.value, &counter.octets);
    }
    if (status == 0)
        *out = counter;
    return status;
}

/// An immediate is a verdict when it goes into the verdict register, and else a value.
static int read_immediate(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    struct cnftables_bytes data;
    int status = read_numbers(list, 1u << NFTA_IMMEDIATE_DREG, &numbers);
    if (status < 0)
        return status;
    if (!numbers.is_set[NFTA_IMMEDIATE_DREG] || numbers.value[NFTA_IMMEDIATE_DREG] != NFT_REG_VERDICT)
        return 0;
    status = find_attribute(list, NFTA_IMMEDIATE_DATA, &data);
    struct cnftables_expression read = {.kind = CNFTABLES_VERDICT};
    if (status == 0)
        status = read_data_verdict(data, &read.code, &read.name);
    if (status == 0)
        *out = read;
    return status == -ENOENT ? 0 : status;
}

static int read_extension(
    struct cnftables_bytes list, enum cnftables_kind kind, struct cnftables_expression *out)
{
    _Static_assert(
        (int)NFTA_MATCH_NAME == (int)NFTA_TARGET_NAME && (int)NFTA_MATCH_REV == (int)NFTA_TARGET_REV
            && (int)NFTA_MATCH_INFO == (int)NFTA_TARGET_INFO,
        "matches and targets have the same attributes");
    struct numbers numbers;
    struct cnftables_bytes name, data = {.length = 0};
    int status = read_numbers(list, 1u << NFTA_MATCH_REV, &numbers);
    if (status == 0)
        status = find_attribute(list, NFTA_MATCH_NAME, &name);
    if (status == -ENOENT)
        return 0;
    if (status == 0)
        status = read_string(name, &name);
    if (status < 0)
        return status;
    status = find_attribute(list, NFTA_MATCH_INFO, &data);
    if (status < 0 && status != -ENOENT)
        return status;
    *out = (struct cnftables_expression){
        .kind = kind,
        .code = (int32_t)numbers.value[NFTA_MATCH_REV],
        .name = name,
        .data = data,
    };
    return 0;
}

/// Names what changes something by what it changes, as it may be passed over only knowingly.
static int name_setter(
    struct cnftables_bytes list, uint16_t source, const char *name, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status = read_numbers(list, 1u << source, &numbers);
    if (status == 0 && numbers.is_set[source])
        set_other(out, name);
    return status;
}

/// An extension header expression reads into a register, writes from one, or removes an option.
static int read_extension_header(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status = read_numbers(list, 1u << NFTA_EXTHDR_DREG | 1u << NFTA_EXTHDR_SREG, &numbers);
    if (status == 0 && !numbers.is_set[NFTA_EXTHDR_DREG])
        set_other(out, "exthdr set");
    return status;
}

/// Up to so many a second go on; inverted, those above.
static int read_limit(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status = read_numbers(list, 1u << NFTA_LIMIT_FLAGS, &numbers);
    if (status < 0)
        return status;
    if ((numbers.value[NFTA_LIMIT_FLAGS] & NFT_LIMIT_F_INV) != 0)
        set_other(out, "limit over");
    else
        *out = (struct cnftables_expression){.kind = CNFTABLES_LIMIT};
    return 0;
}

/// Fills `out`, which says OTHER and the kernel's name already, with what is known better.
static int read_data(struct cnftables_bytes data, struct cnftables_expression *out)
{
    struct cnftables_bytes name = out->name;
    if (is_named(name, "meta"))
        return read_meta(data, out);
    if (is_named(name, "payload"))
        return read_payload(data, out);
    if (is_named(name, "cmp"))
        return read_compare(data, out);
    if (is_named(name, "lookup"))
        return read_lookup(data, out);
    if (is_named(name, "counter"))
        return read_counter(data, out);
    if (is_named(name, "immediate"))
        return read_immediate(data, out);
    if (is_named(name, "match"))
        return read_extension(data, CNFTABLES_MATCH, out);
    if (is_named(name, "target"))
        return read_extension(data, CNFTABLES_TARGET, out);
    if (is_named(name, "ct"))
        return name_setter(data, NFTA_CT_SREG, "ct set", out);
    if (is_named(name, "exthdr"))
        return read_extension_header(data, out);
    if (is_named(name, "log"))
        *out = (struct cnftables_expression){.kind = CNFTABLES_LOG};
    else if (is_named(name, "reject"))
        *out = (struct cnftables_expression){.kind = CNFTABLES_REJECT};
    else if (is_named(name, "limit"))
        return read_limit(data, out);
    return 0;
}

int cnftables_next_expression(
    struct cnftables_bytes *expressions, struct cnftables_expression *expression)
{
    struct cnftables_bytes rest = *expressions;
    struct cnftables_bytes name, data = {.length = 0};
    struct cnftables_expression read = {.kind = CNFTABLES_OTHER};
    struct attribute entry;
    int status = next_attribute(&rest, &entry);
    if (status < 0)
        return status;
    if (entry.type == 0) {
        *expression = (struct cnftables_expression){.kind = CNFTABLES_END};
        return 0;
    }
    status = find_attribute(entry.value, NFTA_EXPR_NAME, &name);
    if (status == 0)
        status = read_string(name, &read.name);
    if (status < 0)
        return -EBADMSG;
    status = find_attribute(entry.value, NFTA_EXPR_DATA, &data);
    if (status < 0 && status != -ENOENT)
        return status;
    status = read_data(data, &read);
    if (status < 0)
        return status;
    *expressions = rest;
    *expression = read;
    return 0;
}
