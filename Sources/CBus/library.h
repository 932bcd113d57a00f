// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CBUS_LIBRARY_H
#define CBUS_LIBRARY_H

#include <systemd/sd-bus.h>

/// The functions used. libsystemd 240 and later have all of them; the newest is sd_bus_set_method_call_timeout.
// clang-format off
#define CBUS_FUNCTIONS(each)              \
    each(sd_bus_new)                      \
    each(sd_bus_set_address)              \
    each(sd_bus_set_bus_client)           \
    each(sd_bus_start)                    \
    each(sd_bus_open_system)              \
    each(sd_bus_set_method_call_timeout)  \
    each(sd_bus_flush_close_unref)        \
    each(sd_bus_message_new_method_call)  \
    each(sd_bus_message_set_auto_start)   \
    each(sd_bus_message_append_basic)     \
    each(sd_bus_call)                     \
    each(sd_bus_send)                     \
    each(sd_bus_flush)                    \
    each(sd_bus_add_match)                \
    each(sd_bus_get_fd)                   \
    each(sd_bus_process)                  \
    each(sd_bus_error_free)               \
    each(sd_bus_message_unref)            \
    each(sd_bus_message_get_type)         \
    each(sd_bus_message_get_member)       \
    each(sd_bus_message_get_sender)       \
    each(sd_bus_message_get_path)         \
    each(sd_bus_message_get_interface)    \
    each(sd_bus_message_get_reply_cookie) \
    each(sd_bus_message_peek_type)        \
    each(sd_bus_message_read_basic)       \
    each(sd_bus_message_enter_container)  \
    each(sd_bus_message_exit_container)
// clang-format on

#define CBUS_POINTER(name) __typeof__(name) *name;

/// The loaded libsystemd.
struct cbus_library {
    CBUS_FUNCTIONS(CBUS_POINTER)
};

/// Loads libsystemd and looks up the functions. Returns 0 or -ELIBACC.
int cbus_library_load(struct cbus_library *library);

#endif
