// SPDX-License-Identifier: Apache-2.0
#include <syslog.h>

#include "clinux.h"

void clinux_syslog(int priority, const char *message)
{
    // openlog(3) keeps its first argument: a literal lives long enough. Opening again changes nothing.
    openlog("teredowalld", LOG_PID | LOG_NDELAY, LOG_DAEMON);
    syslog(priority, "%s", message);
}
