// SPDX-License-Identifier: GPL-2.0-or-later
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

/// The maximum depth of nested containers. firewalld's answers need five.
enum { MAX_DEPTH = 16 };

struct cbus_message {
    /// A copy, since the message may outlive its connection.
    struct cbus_library library;
    sd_bus_message *raw;
    int depth;
};

int cbus_message_wrap(const struct cbus_library *library, sd_bus_message *raw, struct cbus_message **message)
{
    struct cbus_message *made = calloc(1, sizeof *made);
    if (made == NULL) {
        library->sd_bus_message_unref(raw);
        return -ENOMEM;
    }
    made->library = *library;
    made->raw = raw;
    *message = made;
    return 0;
}

void cbus_message_free(struct cbus_message *message)
{
    if (message == NULL)
        return;
    message->library.sd_bus_message_unref(message->raw);
    free(message);
}

const char *cbus_message_signal(const struct cbus_message *message)
{
    uint8_t type = 0;
    if (message->library.sd_bus_message_get_type(message->raw, &type) < 0 || type != SD_BUS_MESSAGE_SIGNAL)
        return NULL;
    return message->library.sd_bus_message_get_member(message->raw);
}

struct cbus_origin cbus_message_origin(const struct cbus_message *message)
{
    const struct cbus_library *library = &message->library;
    return (struct cbus_origin){
        .sender = library->sd_bus_message_get_sender(message->raw),
        .path = library->sd_bus_message_get_path(message->raw),
        .interface = library->sd_bus_message_get_interface(message->raw),
    };
}

uint64_t cbus_message_answers(const struct cbus_message *message)
{
    uint64_t cookie = 0;
    if (message->library.sd_bus_message_get_reply_cookie(message->raw, &cookie) < 0)
        return 0;
    return cookie;
}

/// Reads an integer of type `type`, whatever its width. Returns 0 or -errno.
static int read_number(struct cbus_message *message, char type, int64_t *number)
{
    union {
        uint8_t byte;
        int boolean;
        int16_t int16;
        uint16_t uint16;
        int32_t int32;
        uint32_t uint32;
        int64_t int64;
        uint64_t uint64;
    } got;
    int status = message->library.sd_bus_message_read_basic(message->raw, type, &got);
    if (status < 0)
        return status;
    switch (type) {
    case SD_BUS_TYPE_BYTE:
        *number = got.byte;
        break;
    case SD_BUS_TYPE_BOOLEAN:
        *number = got.boolean;
        break;
    case SD_BUS_TYPE_INT16:
        *number = got.int16;
        break;
    case SD_BUS_TYPE_UINT16:
        *number = got.uint16;
        break;
    case SD_BUS_TYPE_INT32:
        *number = got.int32;
        break;
    case SD_BUS_TYPE_UINT32:
        *number = got.uint32;
        break;
    case SD_BUS_TYPE_INT64:
        *number = got.int64;
        break;
    default: // SD_BUS_TYPE_UINT64
        *number = (int64_t)got.uint64;
        break;
    }
    return 0;
}

/// Reads the end of the innermost open container or, outside of containers, the end of the message. Returns 0
/// or -errno.
static int read_end(struct cbus_message *message, struct cbus_value *value)
{
    if (message->depth == 0) {
        *value = (struct cbus_value){.kind = CBUS_END};
        return 0;
    }
    int status = message->library.sd_bus_message_exit_container(message->raw);
    if (status < 0)
        return status;
    message->depth--;
    *value = (struct cbus_value){.kind = CBUS_CLOSE};
    return 0;
}

int cbus_message_read(struct cbus_message *message, struct cbus_value *value)
{
    const struct cbus_library *library = &message->library;
    char type = 0;
    const char *contents = NULL;
    int status = library->sd_bus_message_peek_type(message->raw, &type, &contents);
    if (status < 0)
        return status;
    if (status == 0)
        return read_end(message, value);

    struct cbus_value read = {.kind = CBUS_NUMBER};
    switch (type) {
    case SD_BUS_TYPE_ARRAY:
    case SD_BUS_TYPE_VARIANT:
    case SD_BUS_TYPE_STRUCT:
    case SD_BUS_TYPE_DICT_ENTRY:
        if (message->depth == MAX_DEPTH)
            return -EOPNOTSUPP;
        status = library->sd_bus_message_enter_container(message->raw, type, contents);
        read.kind = CBUS_OPEN;
        read.number = type;
        if (status >= 0)
            message->depth++;
        break;
    case SD_BUS_TYPE_STRING:
    case SD_BUS_TYPE_OBJECT_PATH:
    case SD_BUS_TYPE_SIGNATURE:
        status = library->sd_bus_message_read_basic(message->raw, type, &read.text);
        read.kind = CBUS_STRING;
        break;
    case SD_BUS_TYPE_DOUBLE:
    case SD_BUS_TYPE_UNIX_FD:
        return -EOPNOTSUPP;
    default:
        status = read_number(message, type, &read.number);
        break;
    }
    if (status < 0)
        return status;
    *value = read;
    return 0;
}
