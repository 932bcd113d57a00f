// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"
#include "cnftables_messages.h"
#include "socket.h"

/// Reads the offset of the refused attribute (NLMSGERR_ATTR_OFFS) from the attributes behind an answer.
static int read_offset(struct cnftables_bytes list, uint32_t *offset)
{
    struct cnftables_bytes value;
    int status = find_attribute(list, NLMSGERR_ATTR_OFFS, &value);
    if (status == -ENOENT)
        return 0;
    if (status < 0)
        return status;
    if (value.length != sizeof *offset)
        return -EBADMSG;
    memcpy(offset, value.start, sizeof *offset); // host byte order, unlike the integers of nf_tables
    return 0;
}

static int read_answer(struct cnftables_bytes message, struct answer *answer)
{
    struct nlmsghdr header;
    struct nlmsgerr error;
    if (message.length < NLMSG_HDRLEN + sizeof error)
        return -EBADMSG;
    memcpy(&header, message.start, sizeof header);
    memcpy(&error, message.start + NLMSG_HDRLEN, sizeof error);
    if (error.error > 0)
        return -EBADMSG;
    *answer = (struct answer){
        .code = error.error,
        .sequence = header.nlmsg_seq,
        .offset = CNFTABLES_NO_OFFSET,
    };
    if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0)
        return 0;
    size_t start = NLMSG_HDRLEN + sizeof error;
    if ((header.nlmsg_flags & NLM_F_CAPPED) == 0) {
        // Skip the refused message, which is included in full.
        if (error.msg.nlmsg_len < NLMSG_HDRLEN)
            return -EBADMSG;
        start += NLMSG_ALIGN((size_t)error.msg.nlmsg_len) - NLMSG_HDRLEN;
    }
    if (start > message.length)
        return -EBADMSG;
    struct cnftables_bytes list = {.start = message.start + start, .length = message.length - start};
    return read_offset(list, &answer->offset);
}

int cnftables_next_answer(struct cnftables_bytes *datagram, uint16_t *type, struct answer *answer)
{
    struct cnftables_bytes message;
    int status = cnftables_next_message(datagram, &message);
    if (status < 0)
        return status;
    if (message.length == 0) {
        *type = 0;
        return 0;
    }
    struct nlmsghdr header;
    memcpy(&header, message.start, sizeof header);
    if (header.nlmsg_type == NLMSG_ERROR) {
        status = read_answer(message, answer);
        if (status < 0)
            return status;
    }
    *type = header.nlmsg_type;
    return 0;
}
