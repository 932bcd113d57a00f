// SPDX-License-Identifier: GPL-2.0-or-later
#include "expressions.h"

int read_meta(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status =
        read_numbers(list, 1u << NFTA_META_DREG | 1u << NFTA_META_KEY | 1u << NFTA_META_SREG, &numbers);
    if (status < 0 || !numbers.is_set[NFTA_META_KEY])
        return status;
    out->kind = numbers.is_set[NFTA_META_SREG] ? CNFTABLES_META_SET : CNFTABLES_META;
    out->code = (int32_t)numbers.value[NFTA_META_KEY];
    out->source = place_of(&numbers, NFTA_META_SREG);
    out->destination = place_of(&numbers, NFTA_META_DREG);
    return 0;
}

int read_connection(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status = read_numbers(list, 1u << NFTA_CT_DREG | 1u << NFTA_CT_KEY | 1u << NFTA_CT_SREG, &numbers);
    if (status < 0 || !numbers.is_set[NFTA_CT_KEY])
        return status;
    out->kind = numbers.is_set[NFTA_CT_SREG] ? CNFTABLES_CT_SET : CNFTABLES_CT;
    out->code = (int32_t)numbers.value[NFTA_CT_KEY];
    out->source = place_of(&numbers, NFTA_CT_SREG);
    out->destination = place_of(&numbers, NFTA_CT_DREG);
    return 0;
}

int read_fib(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status =
        read_numbers(list, 1u << NFTA_FIB_DREG | 1u << NFTA_FIB_RESULT | 1u << NFTA_FIB_FLAGS, &numbers);
    if (status < 0)
        return status;
    out->kind = CNFTABLES_FIB;
    out->code = (int32_t)numbers.value[NFTA_FIB_RESULT];
    out->offset = numbers.value[NFTA_FIB_FLAGS];
    out->destination = place_of(&numbers, NFTA_FIB_DREG);
    return 0;
}

/// Reads an expression that loads a value that is not modelled.
int read_load(struct cnftables_bytes list, uint16_t destination, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status = read_numbers(list, 1u << destination, &numbers);
    if (status < 0)
        return status;
    if (numbers.is_set[destination]) {
        out->kind = CNFTABLES_LOAD;
        out->destination = place_of(&numbers, destination);
    }
    return 0;
}

int read_bitwise(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    struct cnftables_bytes data = {.length = 0}, second = {.length = 0};
    int status = read_numbers(
        list,
        1u << NFTA_BITWISE_SREG | 1u << NFTA_BITWISE_DREG | 1u << NFTA_BITWISE_LEN | 1u << NFTA_BITWISE_OP,
        &numbers);
    if (status < 0)
        return status;
    bool is_mask = numbers.value[NFTA_BITWISE_OP] == NFT_BITWISE_BOOL;
    bool is_shift = numbers.value[NFTA_BITWISE_OP] == NFT_BITWISE_LSHIFT
        || numbers.value[NFTA_BITWISE_OP] == NFT_BITWISE_RSHIFT;
    out->kind = CNFTABLES_LOAD;
    out->source = place_of(&numbers, NFTA_BITWISE_SREG);
    out->destination = place_of(&numbers, NFTA_BITWISE_DREG);
    if (!is_mask && !is_shift)
        return 0;
    status = read_value(list, is_mask ? NFTA_BITWISE_MASK : NFTA_BITWISE_DATA, &data);
    if (status == 0 && is_mask)
        status = read_value(list, NFTA_BITWISE_XOR, &second);
    if (status < 0)
        return status == -ENOENT ? 0 : status;
    uint32_t length = numbers.value[NFTA_BITWISE_LEN];
    if (is_mask && (data.length != length || second.length != length))
        return -EBADMSG;
    if (is_shift && data.length != sizeof(uint32_t))
        return -EBADMSG;
    out->kind = is_mask ? CNFTABLES_MASK : CNFTABLES_SHIFT;
    out->code = numbers.value[NFTA_BITWISE_OP] == NFT_BITWISE_LSHIFT;
    out->length = length;
    out->data = data;
    out->second = second;
    return 0;
}

int read_byteorder(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status = read_numbers(
        list,
        1u << NFTA_BYTEORDER_SREG | 1u << NFTA_BYTEORDER_DREG | 1u << NFTA_BYTEORDER_LEN
            | 1u << NFTA_BYTEORDER_SIZE,
        &numbers);
    if (status < 0)
        return status;
    out->kind = CNFTABLES_BYTEORDER;
    out->source = place_of(&numbers, NFTA_BYTEORDER_SREG);
    out->destination = place_of(&numbers, NFTA_BYTEORDER_DREG);
    out->length = numbers.value[NFTA_BYTEORDER_LEN];
    out->offset = numbers.value[NFTA_BYTEORDER_SIZE];
    return 0;
}

int read_payload(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct numbers numbers;
    int status = read_numbers(
        list,
        1u << NFTA_PAYLOAD_DREG | 1u << NFTA_PAYLOAD_BASE | 1u << NFTA_PAYLOAD_OFFSET | 1u << NFTA_PAYLOAD_LEN
            | 1u << NFTA_PAYLOAD_SREG,
        &numbers);
    if (status < 0)
        return status;
    if (numbers.is_set[NFTA_PAYLOAD_SREG])
        set_other(out, "payload set");
    else if (
        numbers.is_set[NFTA_PAYLOAD_DREG] && numbers.is_set[NFTA_PAYLOAD_BASE]
        && numbers.is_set[NFTA_PAYLOAD_OFFSET] && numbers.is_set[NFTA_PAYLOAD_LEN]) {
        out->kind = CNFTABLES_PAYLOAD;
        out->code = (int32_t)numbers.value[NFTA_PAYLOAD_BASE];
        out->offset = numbers.value[NFTA_PAYLOAD_OFFSET];
        out->length = numbers.value[NFTA_PAYLOAD_LEN];
        out->destination = place_of(&numbers, NFTA_PAYLOAD_DREG);
    }
    return 0;
}
