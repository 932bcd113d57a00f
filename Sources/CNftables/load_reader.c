// SPDX-License-Identifier: GPL-2.0-or-later
#include "expressions.h"

int cnftables_read_meta(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    int status = read_number_attributes(
        list, 1u << NFTA_META_DREG | 1u << NFTA_META_KEY | 1u << NFTA_META_SREG, &numbers);
    if (status < 0 || !numbers.is_set[NFTA_META_KEY])
        return status;
    out->kind = numbers.is_set[NFTA_META_SREG] ? CNFTABLES_META_SET : CNFTABLES_META;
    out->code = (int32_t)numbers.value[NFTA_META_KEY];
    out->source = register_offset(&numbers, NFTA_META_SREG);
    out->destination = register_offset(&numbers, NFTA_META_DREG);
    return 0;
}

int cnftables_read_connection(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    struct cnftables_bytes direction;
    int status =
        read_number_attributes(list, 1u << NFTA_CT_DREG | 1u << NFTA_CT_KEY | 1u << NFTA_CT_SREG, &numbers);
    if (status < 0 || !numbers.is_set[NFTA_CT_KEY])
        return status;
    status = find_attribute(list, NFTA_CT_DIRECTION, &direction);
    if (status == 0 && direction.length != 1)
        status = -EBADMSG;
    if (status < 0 && status != -ENOENT)
        return status;
    if (status == 0)
        out->offset = direction.start[0];
    out->kind = numbers.is_set[NFTA_CT_SREG] ? CNFTABLES_CT_SET : CNFTABLES_CT;
    out->code = (int32_t)numbers.value[NFTA_CT_KEY];
    out->source = register_offset(&numbers, NFTA_CT_SREG);
    out->destination = register_offset(&numbers, NFTA_CT_DREG);
    return 0;
}

int cnftables_read_fib(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    int status = read_number_attributes(
        list, 1u << NFTA_FIB_DREG | 1u << NFTA_FIB_RESULT | 1u << NFTA_FIB_FLAGS, &numbers);
    if (status < 0)
        return status;
    out->kind = CNFTABLES_FIB;
    out->code = (int32_t)numbers.value[NFTA_FIB_RESULT];
    out->offset = numbers.value[NFTA_FIB_FLAGS];
    out->destination = register_offset(&numbers, NFTA_FIB_DREG);
    return 0;
}

enum {
    /// Added to a key if only the presence of the header or option is loaded (NFT_EXTHDR_F_PRESENT).
    PRESENCE = 1u << 16,
};

/// The words in nft's syntax for what an expression loads, if they depend on its key.
static const struct {
    const char *expression;
    uint32_t key;
    const char *words;
} load_words[] = {
    {"exthdr", NFT_EXTHDR_OP_IPV6 | PRESENCE, "exthdr exists"},
    {"exthdr", NFT_EXTHDR_OP_TCPOPT, "tcp option"},
    {"exthdr", NFT_EXTHDR_OP_TCPOPT | PRESENCE, "tcp option exists"},
    {"exthdr", NFT_EXTHDR_OP_IPV4, "ip option"},
    {"exthdr", NFT_EXTHDR_OP_IPV4 | PRESENCE, "ip option exists"},
    {"rt", NFT_RT_CLASSID, "rt classid"},
    {"rt", NFT_RT_NEXTHOP4, "rt nexthop"},
    {"rt", NFT_RT_TCPMSS, "rt mtu"},
    {"rt", NFT_RT_XFRM, "rt ipsec"},
    {"socket", NFT_SOCKET_TRANSPARENT, "socket transparent"},
};

/// Replaces the kernel's name of the expression by nft's words for what it loads, if those depend on the key.
static void name_load(struct cnftables_expression *out, uint32_t key)
{
    for (size_t i = 0; i < sizeof load_words / sizeof *load_words; i++) {
        if (load_words[i].key == key && is_named(out->name, load_words[i].expression)) {
            set_other(out, load_words[i].words);
            return;
        }
    }
}

int cnftables_read_load(
    struct cnftables_bytes list, uint16_t destination, uint16_t key, uint16_t flags,
    struct cnftables_expression *out)
{
    // No attribute has the type 0: the number of an attribute that the expression lacks stays 0.
    struct number_attributes numbers;
    int status = read_number_attributes(list, 1u << destination | 1u << key | 1u << flags, &numbers);
    if (status < 0)
        return status;
    if (!numbers.is_set[destination])
        return 0;
    bool is_presence = flags != 0 && (numbers.value[flags] & NFT_EXTHDR_F_PRESENT) != 0;
    name_load(out, numbers.value[key] | (is_presence ? PRESENCE : 0));
    out->kind = CNFTABLES_LOAD;
    out->destination = register_offset(&numbers, destination);
    return 0;
}

int cnftables_read_bitwise(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    struct cnftables_bytes data = {.length = 0}, second = {.length = 0};
    int status = read_number_attributes(
        list,
        1u << NFTA_BITWISE_SREG | 1u << NFTA_BITWISE_DREG | 1u << NFTA_BITWISE_LEN | 1u << NFTA_BITWISE_OP,
        &numbers);
    if (status < 0)
        return status;
    bool is_mask = numbers.value[NFTA_BITWISE_OP] == NFT_BITWISE_BOOL;
    bool is_shift = numbers.value[NFTA_BITWISE_OP] == NFT_BITWISE_LSHIFT
        || numbers.value[NFTA_BITWISE_OP] == NFT_BITWISE_RSHIFT;
    // An operation that is not distinguished loads an unknown value.
    out->kind = CNFTABLES_LOAD;
    out->source = register_offset(&numbers, NFTA_BITWISE_SREG);
    out->destination = register_offset(&numbers, NFTA_BITWISE_DREG);
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

int cnftables_read_byteorder(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    int status = read_number_attributes(
        list,
        1u << NFTA_BYTEORDER_SREG | 1u << NFTA_BYTEORDER_DREG | 1u << NFTA_BYTEORDER_LEN
            | 1u << NFTA_BYTEORDER_SIZE,
        &numbers);
    if (status < 0)
        return status;
    out->kind = CNFTABLES_BYTEORDER;
    out->source = register_offset(&numbers, NFTA_BYTEORDER_SREG);
    out->destination = register_offset(&numbers, NFTA_BYTEORDER_DREG);
    out->length = numbers.value[NFTA_BYTEORDER_LEN];
    out->offset = numbers.value[NFTA_BYTEORDER_SIZE];
    return 0;
}

int cnftables_read_payload(struct cnftables_bytes list, struct cnftables_expression *out)
{
    struct number_attributes numbers;
    int status = read_number_attributes(
        list,
        1u << NFTA_PAYLOAD_DREG | 1u << NFTA_PAYLOAD_BASE | 1u << NFTA_PAYLOAD_OFFSET | 1u << NFTA_PAYLOAD_LEN
            | 1u << NFTA_PAYLOAD_SREG,
        &numbers);
    if (status < 0)
        return status;
    bool is_write = numbers.is_set[NFTA_PAYLOAD_SREG];
    if ((is_write || numbers.is_set[NFTA_PAYLOAD_DREG]) && numbers.is_set[NFTA_PAYLOAD_BASE]
        && numbers.is_set[NFTA_PAYLOAD_OFFSET] && numbers.is_set[NFTA_PAYLOAD_LEN]) {
        out->kind = is_write ? CNFTABLES_PAYLOAD_SET : CNFTABLES_PAYLOAD;
        out->code = (int32_t)numbers.value[NFTA_PAYLOAD_BASE];
        out->offset = numbers.value[NFTA_PAYLOAD_OFFSET];
        out->length = numbers.value[NFTA_PAYLOAD_LEN];
        out->source = register_offset(&numbers, NFTA_PAYLOAD_SREG);
        out->destination = register_offset(&numbers, NFTA_PAYLOAD_DREG);
    } else if (is_write) {
        set_other(out, "payload set");
    }
    return 0;
}
