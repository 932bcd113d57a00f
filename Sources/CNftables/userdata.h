// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_INTERNAL_USERDATA_H
#define CNFTABLES_INTERNAL_USERDATA_H

#include <stdint.h>

/// User data in nft's format: a list of type byte, length byte, value. The kernel stores it without checking.
struct user_data {
    /// NFT_USERDATA_MAXLEN
    uint8_t bytes[256];
    uint32_t length;
};

/// Appends a value; it must fit.
void cnftables_put_user_data(struct user_data *data, uint8_t type, const void *value, uint8_t length);

/// Appends a comment of at most BATCH_COMMENT_MAX bytes, with its NUL.
void cnftables_put_comment(struct user_data *data, uint8_t type, const char *comment);

#endif
