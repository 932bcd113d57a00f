// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CBUS_INTERNAL_H
#define CBUS_INTERNAL_H

#include "cbus.h"
#include "library.h"

struct cbus {
    struct cbus_library library;
    sd_bus *bus;
    /// The sender that ``cbus_listen_to`` admits; empty for none.
    char sender[CBUS_NAME_SIZE];
};

/// Wraps a message and takes over the reference to `raw`. Returns 0, or -ENOMEM after releasing the reference.
int cbus_message_wrap(const struct cbus_library *library, sd_bus_message *raw, struct cbus_message **message);

#endif
