// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef MESSAGES_H
#define MESSAGES_H

#include "cnftables_messages.h"

/// Checks that the message is one of nf_tables' `type`, and gives its family and attributes.
int open_message(
    struct cnftables_bytes message, uint16_t type, uint8_t *family, struct cnftables_bytes *attributes);

#endif
