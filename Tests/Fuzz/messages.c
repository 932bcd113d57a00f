// SPDX-License-Identifier: GPL-2.0-or-later
// Feeds a datagram to every function of cnftables_messages.h. With the toolchain's clang:
//     clang -g -O1 -fsanitize=fuzzer,address,undefined -ISources/CNftables/include \
//         Tests/Fuzz/messages.c Sources/CNftables/*.c -lnftnl -lmnl -o .build/fuzz-messages
//     .build/fuzz-messages -max_len=4096 -max_total_time=60
#include "cnftables.h"

#include <stdlib.h>

/// The bounds of the input.
static const uint8_t *first;
static const uint8_t *end;

/// Aborts if a result is not within the input.
static void check(struct cnftables_bytes bytes)
{
    if (bytes.start == NULL ? bytes.length != 0 : bytes.start < first || bytes.start + bytes.length > end)
        abort();
}

static void read_expressions(struct cnftables_bytes list)
{
    struct cnftables_expression expression;
    while (cnftables_next_expression(&list, &expression) == 0 && expression.kind != CNFTABLES_END) {
        check(expression.data);
        check(expression.second);
        struct cnftables_expression inner;
        // The data of a DYNSET is a list of expressions if the length is 0, one expression if it is 1.
        if (expression.kind == CNFTABLES_DYNSET && expression.length == 0)
            read_expressions(expression.data);
        else if (expression.kind == CNFTABLES_DYNSET) {
            if (cnftables_read_expression(expression.data, &inner) == 0) {
                check(inner.data);
                check(inner.second);
            }
        }
        // The names of these two kinds may be constants outside the input.
        if (expression.kind != CNFTABLES_OTHER && expression.kind != CNFTABLES_LOAD)
            check(expression.name);
    }
}

static void read_elements(struct cnftables_bytes elements)
{
    struct cnftables_element element;
    int found = 1;
    struct cnftables_bytes rest = elements;
    while (cnftables_next_element(&rest, &element, &found) == 0 && found)
        ;
    struct cnftables_entry entry;
    rest = elements;
    found = 1;
    while (cnftables_next_entry(&rest, &entry, &found) == 0 && found) {
        check(entry.key);
        check(entry.key_end);
        check(entry.data);
        check(entry.chain);
        check(entry.object);
    }
}

static void read_message(struct cnftables_bytes message)
{
    struct cnftables_table table;
    if (cnftables_read_table(message, &table) == 0) {
        check(table.name);
        check(table.comment);
    }
    struct cnftables_chain chain;
    if (cnftables_read_chain(message, &chain) == 0) {
        check(chain.table);
        check(chain.name);
        check(chain.type);
        check(chain.comment);
        check(chain.device);
        check(chain.devices);
        struct cnftables_bytes device;
        while (cnftables_next_device(&chain.devices, &device) == 0 && device.start != NULL)
            check(device);
    }
    struct cnftables_set set;
    if (cnftables_read_set(message, &set) == 0) {
        check(set.table);
        check(set.name);
        check(set.comment);
    }
    struct cnftables_rule rule;
    if (cnftables_read_rule(message, &rule) == 0) {
        check(rule.table);
        check(rule.chain);
        check(rule.comment);
        check(rule.expressions);
        read_expressions(rule.expressions);
    }
    struct cnftables_bytes elements;
    if (cnftables_read_elements(message, &elements) == 0) {
        check(elements);
        read_elements(elements);
    }
    struct cnftables_object object;
    if (cnftables_read_object(message, &object) == 0) {
        check(object.table);
        check(object.name);
    }
    struct cnftables_change change;
    if (cnftables_read_change(message, &change) == 0) {
        check(change.table);
        check(change.name);
        check(change.type);
        check(change.contents);
        if (change.subject == CNFTABLES_SUBJECT_RULE)
            read_expressions(change.contents);
        if (change.subject == CNFTABLES_SUBJECT_ELEMENTS)
            read_elements(change.contents);
    }
    struct cnftables_trace trace;
    if (cnftables_read_trace(message, &trace) == 0) {
        check(trace.table);
        check(trace.chain);
        check(trace.target);
    }
    struct cnftables_generation generation;
    if (cnftables_read_generation(message, &generation) == 0)
        check(generation.process_name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cnftables_bytes datagram = {.start = data, .length = size};
    struct cnftables_bytes message;
    first = data;
    end = data + size;
    while (cnftables_next_message(&datagram, &message) == 0 && message.length != 0) {
        check(message);
        read_message(message);
    }
    return 0;
}
