// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CLINUX_H
#define CLINUX_H

// <netinet/in.h> before any linux/ header: the latter redefine in_addr.
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/// Moves the calling thread into a new network namespace.
/// Returns 0 or -errno (EPERM without CAP_SYS_ADMIN).
int clinux_unshare_network(void);

/// Moves the calling thread into the network namespace behind `descriptor`.
/// Returns 0 or -errno.
int clinux_enter_network(int descriptor);

#endif
