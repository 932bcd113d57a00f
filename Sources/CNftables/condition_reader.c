// SPDX-License-Identifier: GPL-2.0-or-later
#include "expressions.h"

int cnftables_read_compare(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    struct cnftables_bytes value;
    int status = read_number_attributes(list, 1u << NFTA_CMP_SREG | 1u << NFTA_CMP_OP, &numbers);
    if (status == 0)
        status = read_value(list, NFTA_CMP_DATA, &value);
    if (status != 0)
        return status == -ENOENT ? 0 : status;
    if (numbers.is_set[NFTA_CMP_SREG] && numbers.is_set[NFTA_CMP_OP]) {
        out->kind = CNFTABLES_COMPARE;
        out->code = (int32_t)numbers.value[NFTA_CMP_OP];
        out->source = register_offset(&numbers, NFTA_CMP_SREG);
        out->data = value;
    }
    return 0;
}

int cnftables_read_range(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    struct cnftables_bytes from, to;
    int status = read_number_attributes(list, 1u << NFTA_RANGE_SREG | 1u << NFTA_RANGE_OP, &numbers);
    if (status == 0)
        status = read_value(list, NFTA_RANGE_FROM_DATA, &from);
    if (status == 0)
        status = read_value(list, NFTA_RANGE_TO_DATA, &to);
    if (status != 0)
        return status == -ENOENT ? 0 : status;
    if (from.length != to.length)
        return -EBADMSG;
    out->kind = CNFTABLES_RANGE;
    out->code = numbers.value[NFTA_RANGE_OP] == NFT_RANGE_NEQ;
    out->source = register_offset(&numbers, NFTA_RANGE_SREG);
    out->data = from;
    out->second = to;
    return 0;
}

int cnftables_read_lookup(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    struct cnftables_bytes name;
    int status = read_number_attributes(
        list, 1u << NFTA_LOOKUP_SREG | 1u << NFTA_LOOKUP_DREG | 1u << NFTA_LOOKUP_FLAGS, &numbers);
    if (status == 0)
        status = find_attribute(list, NFTA_LOOKUP_SET, &name);
    if (status == 0)
        status = read_string(name, &name);
    if (status != 0)
        return status == -ENOENT ? 0 : status;
    bool is_inverted = numbers.value[NFTA_LOOKUP_FLAGS] == NFT_LOOKUP_F_INV;
    bool has_unknown_flags = numbers.value[NFTA_LOOKUP_FLAGS] != 0 && !is_inverted;
    if (!numbers.is_set[NFTA_LOOKUP_SREG] || has_unknown_flags)
        return 0;
    out->kind = CNFTABLES_LOOKUP;
    if (numbers.is_set[NFTA_LOOKUP_DREG])
        out->kind =
            numbers.value[NFTA_LOOKUP_DREG] == NFT_REG_VERDICT ? CNFTABLES_VERDICT_MAP : CNFTABLES_MAP;
    out->code = is_inverted;
    out->source = register_offset(&numbers, NFTA_LOOKUP_SREG);
    out->destination = register_offset(&numbers, NFTA_LOOKUP_DREG);
    out->name = name;
    return 0;
}

int cnftables_read_object_reference(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    struct cnftables_bytes name;
    int status =
        read_number_attributes(list, 1u << NFTA_OBJREF_IMM_TYPE | 1u << NFTA_OBJREF_SET_SREG, &numbers);
    if (status < 0)
        return status;
    bool is_map = numbers.is_set[NFTA_OBJREF_SET_SREG];
    status = find_attribute(list, is_map ? NFTA_OBJREF_SET_NAME : NFTA_OBJREF_IMM_NAME, &name);
    if (status == 0)
        status = read_string(name, &name);
    if (status != 0)
        return status == -ENOENT ? 0 : status;
    out->kind = is_map ? CNFTABLES_OBJECT_MAP : CNFTABLES_OBJECT;
    out->code = (int32_t)numbers.value[NFTA_OBJREF_IMM_TYPE];
    out->source = register_offset(&numbers, NFTA_OBJREF_SET_SREG);
    out->name = name;
    return 0;
}

int cnftables_read_dynamic_set(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    struct cnftables_bytes name, one = {.length = 0}, several = {.length = 0};
    int status = read_number_attributes(
        list, 1u << NFTA_DYNSET_OP | 1u << NFTA_DYNSET_SREG_KEY | 1u << NFTA_DYNSET_FLAGS, &numbers);
    if (status == 0)
        status = find_attribute(list, NFTA_DYNSET_SET_NAME, &name);
    if (status == 0)
        status = read_string(name, &name);
    if (status != 0)
        return status == -ENOENT ? 0 : status;
    status = find_attribute(list, NFTA_DYNSET_EXPRESSIONS, &several);
    if (status == 0 || status == -ENOENT)
        status = find_attribute(list, NFTA_DYNSET_EXPR, &one);
    if (status < 0 && status != -ENOENT)
        return status;
    bool has_one = status == 0;
    out->kind = CNFTABLES_DYNSET;
    out->code = (int32_t)numbers.value[NFTA_DYNSET_OP];
    out->offset = numbers.value[NFTA_DYNSET_FLAGS];
    out->length = has_one;
    out->source = register_offset(&numbers, NFTA_DYNSET_SREG_KEY);
    out->name = name;
    out->data = has_one ? one : several;
    return 0;
}
