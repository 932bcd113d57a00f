// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_H
#define CNFTABLES_H

/// What teredowall needs of nf_tables, over libnftnl and libmnl.
///
/// Three parts that know nothing of each other's business:
/// - cnftables_batch.h encodes a transaction into bytes. No I/O.
/// - cnftables_socket.h carries transactions and requests to the kernel and its answers back.
/// - cnftables_messages.h reads the kernel's messages. No I/O, no allocation, no state.
///
/// Every function returns 0 or -errno and leaves errno undefined; results go through pointers, which are
/// written only on success. Nothing here retries, logs, or decides. No object may be used by two threads at
/// once; two objects may be used by two threads.
///
/// Writing is libnftnl's work. Reading is not: libnftnl refuses a whole rule because of one expression that
/// it does not know, and a firewall that cannot be read in full must still be told from one without rules.

#include "cnftables_batch.h"
#include "cnftables_messages.h"
#include "cnftables_socket.h"
#include "cnftables_values.h"

#endif
