// SPDX-License-Identifier: Apache-2.0
#include "clinux.h"

#include <syslog.h>

void clinux_syslog(int priority, const char *message)
{
    // openlog(3) keeps the pointer to its first argument, hence a literal. Repeated calls change nothing.
    openlog("teredowalld", LOG_PID | LOG_NDELAY, LOG_DAEMON);
    syslog(priority, "%s", message);
}
