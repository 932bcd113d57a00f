// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int connect_to(struct cbus *bus, const char *address)
{
    const struct cbus_library *library = &bus->library;
    if (address == NULL)
        return library->sd_bus_open_system(&bus->bus);
    int status = library->sd_bus_new(&bus->bus);
    if (status >= 0)
        status = library->sd_bus_set_address(bus->bus, address);
    if (status >= 0)
        status = library->sd_bus_set_bus_client(bus->bus, 1);
    if (status >= 0)
        status = library->sd_bus_start(bus->bus);
    return status;
}

int cbus_open(const char *address, uint64_t timeout, struct cbus **bus)
{
    struct cbus *made = calloc(1, sizeof *made);
    if (made == NULL)
        return -ENOMEM;
    int status = cbus_library_load(&made->library);
    if (status < 0) {
        free(made);
        return status;
    }
    status = connect_to(made, address);
    if (status >= 0)
        status = made->library.sd_bus_set_method_call_timeout(made->bus, timeout);
    if (status < 0) {
        cbus_close(made);
        return status;
    }
    *bus = made;
    return 0;
}

void cbus_close(struct cbus *bus)
{
    if (bus == NULL)
        return;
    bus->library.sd_bus_flush_close_unref(bus->bus);
    free(bus);
}

static int make_call(struct cbus *bus, const struct cbus_call *call, sd_bus_message **message)
{
    const struct cbus_library *library = &bus->library;
    sd_bus_message *made = NULL;
    int status = library->sd_bus_message_new_method_call(
        bus->bus, &made, call->service, call->path, call->interface, call->method);
    // Reading firewalld's state must not start it: that is the administrator's decision.
    if (status >= 0)
        status = library->sd_bus_message_set_auto_start(made, 0);
    for (size_t index = 0; status >= 0 && index < call->count; index++)
        status = library->sd_bus_message_append_basic(made, SD_BUS_TYPE_STRING, call->strings[index]);
    if (status >= 0 && call->number != NULL)
        status = library->sd_bus_message_append_basic(made, SD_BUS_TYPE_INT32, call->number);
    if (status < 0) {
        library->sd_bus_message_unref(made);
        return status;
    }
    *message = made;
    return 0;
}

/// True for the errors of a call that nobody answered: the time is over, or the connection is lost.
static bool is_unanswered(int status)
{
    return status == -ETIMEDOUT || status == -ENOTCONN || status == -ECONNRESET || status == -ECONNABORTED
        || status == -EPIPE || status == -ESHUTDOWN;
}

/// Copies a string, cut to `size` bytes with its zero byte; NULL becomes the empty string.
static void copy(char *to, size_t size, const char *from)
{
    size_t length = from != NULL ? strnlen(from, size - 1) : 0;
    if (length != 0)
        memcpy(to, from, length);
    to[length] = '\0';
}

int cbus_call(
    struct cbus *bus, const struct cbus_call *call, struct cbus_message **answer, struct cbus_error *error)
{
    const struct cbus_library *library = &bus->library;
    error->name[0] = error->text[0] = '\0';
    sd_bus_message *request = NULL;
    int status = make_call(bus, call, &request);
    if (status < 0)
        return status;

    sd_bus_error bus_error = SD_BUS_ERROR_NULL;
    sd_bus_message *raw = NULL;
    // 0 means the timeout of the connection.
    status = library->sd_bus_call(bus->bus, request, 0, &bus_error, &raw);
    library->sd_bus_message_unref(request);
    if (status < 0) {
        // libsystemd names its own failures like errors of a service: leave the name empty without an answer.
        if (!is_unanswered(status)) {
            copy(error->name, sizeof error->name, bus_error.name);
            copy(error->text, sizeof error->text, bus_error.message);
        }
        library->sd_bus_error_free(&bus_error);
        return status;
    }
    return cbus_message_wrap(library, raw, answer);
}

int cbus_send(struct cbus *bus, const struct cbus_call *call, uint64_t *cookie)
{
    const struct cbus_library *library = &bus->library;
    sd_bus_message *request = NULL;
    int status = make_call(bus, call, &request);
    if (status < 0)
        return status;
    uint64_t sent = 0;
    status = library->sd_bus_send(bus->bus, request, &sent);
    library->sd_bus_message_unref(request);
    if (status >= 0)
        status = library->sd_bus_flush(bus->bus);
    if (status < 0)
        return status;
    *cookie = sent;
    return 0;
}

/// A handler that leaves every message to ``cbus_next``.
static int pass(sd_bus_message *message, void *context, sd_bus_error *error)
{
    (void)message;
    (void)context;
    (void)error;
    return 0;
}

int cbus_watch(struct cbus *bus, const char *rule)
{
    int status = bus->library.sd_bus_add_match(bus->bus, NULL, rule, pass, NULL);
    return status < 0 ? status : 0;
}

int cbus_listen_to(struct cbus *bus, const char *sender)
{
    size_t length = strlen(sender);
    if (length >= sizeof bus->sender)
        return -ENAMETOOLONG;
    memcpy(bus->sender, sender, length + 1);
    return 0;
}

/// True for a signal of a sender that ``cbus_listen_to`` does not admit.
static bool is_rejected_signal(const struct cbus *bus, sd_bus_message *raw)
{
    uint8_t type = 0;
    if (bus->library.sd_bus_message_get_type(raw, &type) < 0 || type != SD_BUS_MESSAGE_SIGNAL)
        return false;
    const char *sender = bus->library.sd_bus_message_get_sender(raw);
    if (sender == NULL)
        return true;
    return strcmp(sender, "org.freedesktop.DBus") != 0
        && (bus->sender[0] == '\0' || strcmp(sender, bus->sender) != 0);
}

int cbus_descriptor(struct cbus *bus, int *descriptor)
{
    int number = bus->library.sd_bus_get_fd(bus->bus);
    if (number < 0)
        return number;
    *descriptor = number;
    return 0;
}

int cbus_next(struct cbus *bus, struct cbus_message **message)
{
    for (;;) {
        sd_bus_message *raw = NULL;
        int status = bus->library.sd_bus_process(bus->bus, &raw);
        if (status < 0)
            return status;
        if (raw != NULL && is_rejected_signal(bus, raw)) {
            bus->library.sd_bus_message_unref(raw);
            continue;
        }
        if (raw != NULL)
            return cbus_message_wrap(&bus->library, raw, message);
        if (status == 0) {
            *message = NULL;
            return 0;
        }
    }
}
