// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_INTERNAL_MESSAGES_H
#define CNFTABLES_INTERNAL_MESSAGES_H

#include "attributes.h"
#include "cnftables_messages.h"

#include <stdbool.h>

/// Checks that the message has this type of nf_tables (NFT_MSG_*), and finds its family and attributes. Returns 0,
/// -ENOMSG for another type, or -EBADMSG.
int cnftables_open_message(
    struct cnftables_bytes message, uint16_t type, uint8_t *family, struct cnftables_bytes *attributes);

/// Opens a message like `cnftables_open_message` and passes its attributes to `read`. Returns 0, -ENOMSG, -EBADMSG, or
/// the status of `read`.
int cnftables_read_message(
    struct cnftables_bytes message, uint16_t type, uint8_t *family, attribute_reader *read, void *out);

/// Reads a verdict (NFTA_VERDICT_CODE and, for a jump or goto, NFTA_VERDICT_CHAIN). Returns 0, -ENOENT when a
/// part is missing, or -EBADMSG.
int cnftables_read_verdict(struct cnftables_bytes verdict, int32_t *code, struct cnftables_bytes *chain);
/// Reads the verdict in data (NFTA_DATA_VERDICT). Returns as `cnftables_read_verdict` does.
int cnftables_read_data_verdict(struct cnftables_bytes data, int32_t *code, struct cnftables_bytes *chain);

/// Whether the attributes of a quota (NFTA_QUOTA_*) say that the next packet exceeds it, as it has at least the headers
/// of IPv4 and UDP. Returns 0 or -EBADMSG.
int cnftables_is_quota_spent(struct cnftables_bytes list, bool *is_spent);

#endif
