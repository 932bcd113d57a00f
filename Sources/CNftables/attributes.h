// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_INTERNAL_ATTRIBUTES_H
#define CNFTABLES_INTERNAL_ATTRIBUTES_H

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <linux/netlink.h>

#include "cnftables_values.h"

/// A netlink attribute whose length has been checked against the enclosing buffer.
struct attribute {
    /// NFTA_*; 0 at the end of the list.
    uint16_t type;
    struct cnftables_bytes value;
};

/// Takes the next attribute off a list; at the end of the list the type is 0. Returns 0 or -EBADMSG.
static inline int next_attribute(struct cnftables_bytes *list, struct attribute *attribute)
{
    struct nlattr header;
    if (list->length == 0) {
        *attribute = (struct attribute){.type = 0};
        return 0;
    }
    if (list->length < sizeof header)
        return -EBADMSG;
    memcpy(&header, list->start, sizeof header);
    if (header.nla_len < NLA_HDRLEN || header.nla_len > list->length)
        return -EBADMSG;
    uint16_t type = header.nla_type & NLA_TYPE_MASK;
    if (type == 0)
        return -EBADMSG;
    *attribute = (struct attribute){
        .type = type,
        .value = {.start = list->start + NLA_HDRLEN, .length = (size_t)header.nla_len - NLA_HDRLEN},
    };
    size_t step = NLA_ALIGN((size_t)header.nla_len);
    if (step > list->length)
        step = list->length; // the last attribute may lack its padding
    list->start += step;
    list->length -= step;
    return 0;
}

/// Handles one attribute of a list. Returns 0 to continue, or a negative status.
typedef int attribute_reader(const struct attribute *attribute, void *out);

/// Passes the attributes of a list to `read`, until it fails. Returns 0, its status, or -EBADMSG.
static inline int read_attributes(struct cnftables_bytes list, attribute_reader *read, void *out)
{
    struct attribute next;
    for (;;) {
        int status = next_attribute(&list, &next);
        if (status < 0 || next.type == 0)
            return status;
        status = read(&next, out);
        if (status < 0)
            return status;
    }
}

/// Finds the first attribute of this type in a list. Returns 0, -EBADMSG, or -ENOENT.
static inline int find_attribute(struct cnftables_bytes list, uint16_t type, struct cnftables_bytes *value)
{
    struct attribute attribute;
    for (;;) {
        int status = next_attribute(&list, &attribute);
        if (status < 0)
            return status;
        if (attribute.type == 0)
            return -ENOENT;
        if (attribute.type == type) {
            *value = attribute.value;
            return 0;
        }
    }
}

// Readers of numbers, which nf_tables sends in network byte order. They return 0, or -EBADMSG for another length.

static inline int read_u32(struct cnftables_bytes value, uint32_t *out)
{
    uint32_t number;
    if (value.length != sizeof number)
        return -EBADMSG;
    memcpy(&number, value.start, sizeof number);
    *out = ntohl(number);
    return 0;
}

static inline int read_s32(struct cnftables_bytes value, int32_t *out)
{
    uint32_t number;
    int status = read_u32(value, &number);
    if (status == 0)
        *out = (int32_t)number;
    return status;
}

static inline int read_u64(struct cnftables_bytes value, uint64_t *out)
{
    uint32_t halves[2];
    if (value.length != sizeof halves)
        return -EBADMSG;
    memcpy(halves, value.start, sizeof halves);
    *out = (uint64_t)ntohl(halves[0]) << 32 | ntohl(halves[1]);
    return 0;
}

/// Reads a NUL-terminated string; the result is without the NUL. Returns 0 or -EBADMSG.
static inline int read_string(struct cnftables_bytes value, struct cnftables_bytes *out)
{
    const uint8_t *end = value.length == 0 ? NULL : memchr(value.start, '\0', value.length);
    if (end == NULL)
        return -EBADMSG;
    *out = (struct cnftables_bytes){.start = value.start, .length = (size_t)(end - value.start)};
    return 0;
}

/// Reads the comment from user data: a list of type byte, length byte, value. The kernel does not check user
/// data, which any program may write in another form; `out` then stays as it is, without a comment.
static inline void read_comment(struct cnftables_bytes data, uint8_t type, struct cnftables_bytes *out)
{
    while (data.length >= 2) {
        size_t length = data.start[1];
        if (length > data.length - 2)
            return;
        struct cnftables_bytes value = {.start = data.start + 2, .length = length};
        if (data.start[0] == type) {
            (void)read_string(value, out);
            return;
        }
        data.start += 2 + length;
        data.length -= 2 + length;
    }
}

#endif
