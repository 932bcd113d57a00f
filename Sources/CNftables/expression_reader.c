// SPDX-License-Identifier: GPL-2.0-or-later
#include "expressions.h"

#include <linux/netfilter/nf_tables_compat.h>

static int read_counter_attribute(const struct attribute *next, void *out)
{
    struct cnftables_expression *counter = out;
    switch (next->type) {
    case NFTA_COUNTER_PACKETS:
        return read_u64(next->value, &counter->packets);
    case NFTA_COUNTER_BYTES:
        return read_u64(next->value, &counter->octets);
    default:
        return 0;
    }
}

static int read_counter(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct cnftables_expression counter = *out;
    counter.kind = CNFTABLES_COUNTER;
    int status = read_attributes(list, read_counter_attribute, &counter);
    if (status == 0)
        *out = counter;
    return status;
}

/// Reads an immediate: a verdict if it is loaded into the verdict register, else a value.
static int read_immediate(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    struct cnftables_bytes data;
    int status = read_number_attributes(list, 1u << NFTA_IMMEDIATE_DREG, &numbers);
    if (status < 0 || !numbers.is_set[NFTA_IMMEDIATE_DREG])
        return status;
    struct cnftables_expression result = {
        .kind = CNFTABLES_VERDICT,
        .source = CNFTABLES_NO_REGISTER,
        .destination = register_offset(&numbers, NFTA_IMMEDIATE_DREG),
    };
    if (numbers.value[NFTA_IMMEDIATE_DREG] != NFT_REG_VERDICT) {
        result.kind = CNFTABLES_IMMEDIATE;
        status = read_value(list, NFTA_IMMEDIATE_DATA, &result.data);
    } else {
        status = find_attribute(list, NFTA_IMMEDIATE_DATA, &data);
        if (status == 0)
            status = cnftables_read_data_verdict(data, &result.code, &result.name);
    }
    if (status == 0)
        *out = result;
    return status == -ENOENT ? 0 : status;
}

/// Reads an xtables match or target.
static int
read_extension(struct cnftables_bytes list, enum cnftables_kind kind, struct cnftables_expression *out)
{
    _Static_assert(
        (int)NFTA_MATCH_NAME == (int)NFTA_TARGET_NAME && (int)NFTA_MATCH_REV == (int)NFTA_TARGET_REV
            && (int)NFTA_MATCH_INFO == (int)NFTA_TARGET_INFO,
        "matches and targets have the same attributes");
    struct number_attributes numbers;
    struct cnftables_bytes name, data = {.length = 0};
    int status = read_number_attributes(list, 1u << NFTA_MATCH_REV, &numbers);
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
        .source = CNFTABLES_NO_REGISTER,
        .destination = CNFTABLES_NO_REGISTER,
        .name = name,
        .data = data,
    };
    return 0;
}

static int read_match(struct cnftables_bytes list, struct cnftables_expression *out)
{
    return read_extension(list, CNFTABLES_MATCH, out);
}

static int read_target(struct cnftables_bytes list, struct cnftables_expression *out)
{
    return read_extension(list, CNFTABLES_TARGET, out);
}

/// Reads an exthdr expression, which loads an extension header, sets one, or removes an option.
static int read_extension_header(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    int status = read_number_attributes(list, 1u << NFTA_EXTHDR_DREG, &numbers);
    // Without a destination, it changes the packet.
    if (status == 0 && !numbers.is_set[NFTA_EXTHDR_DREG])
        set_other(out, "exthdr set");
    else if (status == 0)
        return cnftables_read_load(list, NFTA_EXTHDR_DREG, NFTA_EXTHDR_OP, NFTA_EXTHDR_FLAGS, out);
    return status;
}

/// Reads the flags of a limit, quota or connlimit. With the bit `inversion`, the rule goes on only above the bound:
/// `is_inverted` is then true, and the expression gets the name `over`.
static int read_bound(
    struct cnftables_bytes list, uint16_t attribute, uint32_t inversion, const char *over, bool *is_inverted,
    struct cnftables_expression *out)
{
    struct number_attributes numbers;
    int status = read_number_attributes(list, 1u << attribute, &numbers);
    *is_inverted = status == 0 && (numbers.value[attribute] & inversion) != 0;
    if (*is_inverted)
        set_other(out, over);
    return status;
}

static int read_limit(struct cnftables_bytes list, struct cnftables_expression *out)
{
    bool is_inverted;
    int status = read_bound(list, NFTA_LIMIT_FLAGS, NFT_LIMIT_F_INV, "limit over", &is_inverted, out);
    if (status == 0 && !is_inverted)
        out->kind = CNFTABLES_LIMIT;
    return status;
}

static int read_quota(struct cnftables_bytes list, struct cnftables_expression *out)
{
    bool is_inverted, is_spent;
    int status = read_bound(list, NFTA_QUOTA_FLAGS, NFT_QUOTA_F_INV, "quota over", &is_inverted, out);
    if (status == 0)
        status = cnftables_is_quota_spent(list, &is_spent);
    if (status == 0 && is_spent)
        set_other(out, is_inverted ? "quota over, spent" : "quota, spent");
    return status;
}

static int read_connection_limit(struct cnftables_bytes list, struct cnftables_expression *out)
{
    bool is_inverted;
    struct number_attributes numbers;
    int status =
        read_bound(list, NFTA_CONNLIMIT_FLAGS, NFT_CONNLIMIT_F_INV, "connlimit over", &is_inverted, out);
    if (status == 0)
        status = read_number_attributes(list, 1u << NFTA_CONNLIMIT_COUNT, &numbers);
    if (status == 0 && numbers.is_set[NFTA_CONNLIMIT_COUNT] && numbers.value[NFTA_CONNLIMIT_COUNT] == 0)
        set_other(out, is_inverted ? "connlimit over, 0" : "connlimit, 0");
    return status;
}

/// The expressions that only load a value, with the types of their attributes for the destination register and for the
/// property that they load (0 if properties are not distinguished).
static const struct {
    const char *name;
    uint16_t destination;
    uint16_t key;
} loads[] = {
    {"rt", NFTA_RT_DREG, NFTA_RT_KEY}, {"socket", NFTA_SOCKET_DREG, NFTA_SOCKET_KEY},
    {"osf", NFTA_OSF_DREG, 0},         {"numgen", NFTA_NG_DREG, 0},
    {"hash", NFTA_HASH_DREG, 0},       {"xfrm", NFTA_XFRM_DREG, 0},
    {"tunnel", NFTA_TUNNEL_DREG, 0},
};

/// Reads an expression of a kind that is not in the table of `read_data`.
static int read_other(struct cnftables_bytes data, struct cnftables_expression *out)
{
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        if (is_named(out->name, loads[i].name))
            return cnftables_read_load(data, loads[i].destination, loads[i].key, 0, out);
    }
    if (is_named(out->name, "log"))
        out->kind = CNFTABLES_LOG;
    else if (is_named(out->name, "reject"))
        out->kind = CNFTABLES_REJECT;
    else if (is_named(out->name, "limit"))
        return read_limit(data, out);
    else if (is_named(out->name, "quota"))
        return read_quota(data, out);
    else if (is_named(out->name, "connlimit"))
        return read_connection_limit(data, out);
    else if (is_named(out->name, "exthdr"))
        return read_extension_header(data, out);
    return 0;
}

/// Reads the data of an expression into `out`, which has the kind OTHER and the kernel's name already.
static int read_data(struct cnftables_bytes data, struct cnftables_expression *out)
{
    static const struct {
        const char *name;
        int (*read)(struct cnftables_bytes data, struct cnftables_expression *out);
    } readers[] = {
        {"meta", cnftables_read_meta},
        {"payload", cnftables_read_payload},
        {"cmp", cnftables_read_compare},
        {"lookup", cnftables_read_lookup},
        {"counter", read_counter},
        {"immediate", read_immediate},
        {"ct", cnftables_read_connection},
        {"fib", cnftables_read_fib},
        {"bitwise", cnftables_read_bitwise},
        {"byteorder", cnftables_read_byteorder},
        {"range", cnftables_read_range},
        {"objref", cnftables_read_object_reference},
        {"dynset", cnftables_read_dynamic_set},
        {"match", read_match},
        {"target", read_target},
    };
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (is_named(out->name, readers[i].name))
            return readers[i].read(data, out);
    }
    return read_other(data, out);
}

int cnftables_read_expression(struct cnftables_bytes attributes, struct cnftables_expression *expression)
{
    struct cnftables_bytes name, data = {.length = 0};
    struct cnftables_expression result = {
        .kind = CNFTABLES_OTHER,
        .source = CNFTABLES_NO_REGISTER,
        .destination = CNFTABLES_NO_REGISTER,
    };
    int status = find_attribute(attributes, NFTA_EXPR_NAME, &name);
    if (status == 0)
        status = read_string(name, &result.name);
    if (status < 0)
        return -EBADMSG;
    status = find_attribute(attributes, NFTA_EXPR_DATA, &data);
    if (status < 0 && status != -ENOENT)
        return status;
    status = read_data(data, &result);
    if (status == 0)
        *expression = result;
    return status;
}

int cnftables_next_expression(struct cnftables_bytes *expressions, struct cnftables_expression *expression)
{
    struct cnftables_bytes rest = *expressions;
    struct attribute entry;
    int status = next_attribute(&rest, &entry);
    if (status < 0)
        return status;
    if (entry.type == 0) {
        *expression = (struct cnftables_expression){.kind = CNFTABLES_END};
        return 0;
    }
    status = cnftables_read_expression(entry.value, expression);
    if (status == 0)
        *expressions = rest;
    return status;
}
