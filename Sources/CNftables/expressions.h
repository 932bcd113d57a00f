// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_INTERNAL_EXPRESSIONS_H
#define CNFTABLES_INTERNAL_EXPRESSIONS_H

#include "attributes.h"
#include "messages.h"

#include <stdbool.h>

#include <linux/netfilter/nf_tables.h>

// Readers of the attributes of one expression. Before the call, `out` has the kind CNFTABLES_OTHER and the kernel's
// name of the expression. A reader that recognises the attributes sets the kind and its fields or, for some kinds of
// CNFTABLES_OTHER, another name; otherwise it leaves `out` as it is. All return 0 or -EBADMSG.

enum {
    /// Greater than the type of each attribute that is read as a number.
    NUMBER_TYPES_END = 12,
};

/// The attributes of an expression that are 32-bit numbers. The index is the type of the attribute; the value is 0 for
/// an attribute that is absent or was not read.
struct number_attributes {
    bool is_set[NUMBER_TYPES_END];
    uint32_t value[NUMBER_TYPES_END];
};

/// The offset, in the register file, of the register that an attribute names; CNFTABLES_NO_REGISTER if the attribute is
/// absent or there is no such register.
static inline uint8_t register_offset(const struct number_attributes *numbers, uint16_t attribute)
{
    if (!numbers->is_set[attribute])
        return CNFTABLES_NO_REGISTER;
    uint32_t reg = numbers->value[attribute];
    if (reg >= NFT_REG_1 && reg <= NFT_REG_4)
        return (uint8_t)((reg - NFT_REG_1) * NFT_REG_SIZE);
    if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
        return (uint8_t)((reg - NFT_REG32_00) * NFT_REG32_SIZE);
    return CNFTABLES_NO_REGISTER;
}

/// Reads the attributes in `wanted` (bit n for type n) as 32-bit numbers. Returns 0 or -EBADMSG.
static inline int
read_number_attributes(struct cnftables_bytes list, uint32_t wanted, struct number_attributes *numbers)
{
    struct attribute next;
    *numbers = (struct number_attributes){.value = {0}};
    for (;;) {
        int status = next_attribute(&list, &next);
        if (status < 0 || next.type == 0)
            return status;
        if (next.type >= NUMBER_TYPES_END || (wanted & 1u << next.type) == 0)
            continue;
        status = read_u32(next.value, &numbers->value[next.type]);
        if (status < 0)
            return status;
        numbers->is_set[next.type] = true;
    }
}

/// Reads the value that is nested in an attribute of data. Returns 0, -EBADMSG, or -ENOENT if the attribute is absent
/// or has a verdict instead of a value.
static inline int read_value(struct cnftables_bytes list, uint16_t attribute, struct cnftables_bytes *value)
{
    struct cnftables_bytes data;
    int status = find_attribute(list, attribute, &data);
    return status == 0 ? find_attribute(data, NFTA_DATA_VALUE, value) : status;
}

/// True if the name equals `text`.
static inline bool is_named(struct cnftables_bytes name, const char *text)
{
    return name.length == strlen(text) && memcmp(name.start, text, name.length) == 0;
}

/// Makes the expression one of kind CNFTABLES_OTHER with this name.
static inline void set_other(struct cnftables_expression *out, const char *name)
{
    *out = (struct cnftables_expression){
        .kind = CNFTABLES_OTHER,
        .source = CNFTABLES_NO_REGISTER,
        .destination = CNFTABLES_NO_REGISTER,
        .name = {.start = (const uint8_t *)name, .length = strlen(name)},
    };
}

/// Expressions that load or change a value (load_reader.c).
int cnftables_read_meta(struct cnftables_bytes list, struct cnftables_expression *out);
int cnftables_read_connection(struct cnftables_bytes list, struct cnftables_expression *out);
int cnftables_read_fib(struct cnftables_bytes list, struct cnftables_expression *out);
/// Reads an expression that loads a value. `destination`, `key` and `flags` are the types of the attributes for its
/// destination register, the property that it loads, and its flags; 0 for an attribute that the expression lacks.
int cnftables_read_load(
    struct cnftables_bytes list, uint16_t destination, uint16_t key, uint16_t flags,
    struct cnftables_expression *out);
int cnftables_read_bitwise(struct cnftables_bytes list, struct cnftables_expression *out);
int cnftables_read_byteorder(struct cnftables_bytes list, struct cnftables_expression *out);
int cnftables_read_payload(struct cnftables_bytes list, struct cnftables_expression *out);

/// Expressions that compare or look up (condition_reader.c).
int cnftables_read_compare(struct cnftables_bytes list, struct cnftables_expression *out);
int cnftables_read_range(struct cnftables_bytes list, struct cnftables_expression *out);
int cnftables_read_lookup(struct cnftables_bytes list, struct cnftables_expression *out);
int cnftables_read_object_reference(struct cnftables_bytes list, struct cnftables_expression *out);
int cnftables_read_dynamic_set(struct cnftables_bytes list, struct cnftables_expression *out);

#endif
