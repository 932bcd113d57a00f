// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "messages.h"

#include <linux/netfilter/nfnetlink.h>

int cnftables_next_message(struct cnftables_bytes *datagram, struct cnftables_bytes *message)
{
    struct nlmsghdr header;
    if (datagram->length == 0) {
        *message = (struct cnftables_bytes){.length = 0};
        return 0;
    }
    if (datagram->length < sizeof header)
        return -EBADMSG;
    memcpy(&header, datagram->start, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram->length)
        return -EBADMSG;
    *message = (struct cnftables_bytes){.start = datagram->start, .length = header.nlmsg_len};
    size_t step = NLMSG_ALIGN((size_t)header.nlmsg_len);
    if (step > datagram->length)
        step = datagram->length; // the last message may lack its padding
    datagram->start += step;
    datagram->length -= step;
    return 0;
}

int cnftables_open_message(
    struct cnftables_bytes message, uint16_t type, uint8_t *family, struct cnftables_bytes *attributes)
{
    struct nlmsghdr header;
    struct nfgenmsg extra;
    const size_t start = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof extra);
    if (message.length < sizeof header)
        return -EBADMSG;
    memcpy(&header, message.start, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > message.length)
        return -EBADMSG;
    if (header.nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | type))
        return -ENOMSG;
    if (header.nlmsg_len < start)
        return -EBADMSG;
    memcpy(&extra, message.start + NLMSG_HDRLEN, sizeof extra);
    *family = extra.nfgen_family;
    *attributes =
        (struct cnftables_bytes){.start = message.start + start, .length = header.nlmsg_len - start};
    return 0;
}

int cnftables_read_message(
    struct cnftables_bytes message, uint16_t type, uint8_t *family, attribute_reader *read, void *out)
{
    struct cnftables_bytes list;
    int status = cnftables_open_message(message, type, family, &list);
    return status == 0 ? read_attributes(list, read, out) : status;
}
