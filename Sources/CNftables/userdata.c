// SPDX-License-Identifier: GPL-2.0-or-later
#include "userdata.h"

#include <string.h>

#include <linux/netfilter/nf_tables.h>

_Static_assert(sizeof((struct user_data *)0)->bytes == NFT_USERDATA_MAXLEN, "user data");

void cnftables_put_user_data(struct user_data *data, uint8_t type, const void *value, uint8_t length)
{
    data->bytes[data->length] = type;
    data->bytes[data->length + 1] = length;
    memcpy(data->bytes + data->length + 2, value, length);
    data->length += 2u + length;
}

void cnftables_put_comment(struct user_data *data, uint8_t type, const char *comment)
{
    cnftables_put_user_data(data, type, comment, (uint8_t)(strlen(comment) + 1));
}
