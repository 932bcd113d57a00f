// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef MESSAGES_H
#define MESSAGES_H

#include "cnftables_messages.h"

/// Checks that the message is one of nf_tables' `type`, and gives its family and attributes.
int open_message(
    struct cnftables_bytes message, uint16_t type, uint8_t *family, struct cnftables_bytes *attributes);

/// A verdict (NFTA_VERDICT_CODE, with the NFTA_VERDICT_CHAIN of a jump or goto).
/// Returns 0, -ENOENT when a part is not there, or -EBADMSG.
int read_verdict(struct cnftables_bytes verdict, int32_t *code, struct cnftables_bytes *chain);
/// The verdict in data (NFTA_DATA_VERDICT). Returns the same.
int read_data_verdict(struct cnftables_bytes data, int32_t *code, struct cnftables_bytes *chain);

#endif
