// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_H
#define CNFTABLES_H

/// teredowall's interface to nf_tables, over libnftnl and libmnl.
///
/// It has three independent parts:
/// - cnftables_batch.h encodes a transaction into bytes. No I/O.
/// - cnftables_socket.h sends transactions and requests to the kernel and receives its answers.
/// - cnftables_messages.h reads the kernel's messages. No I/O, no allocation, no state.
///
/// Unless its comment says otherwise, a function returns 0 or -errno. All functions leave errno undefined. Results
/// are written through pointers, on success only. No function retries or logs. Two threads may not use the same
/// object at the same time; they may use different objects.
///
/// libnftnl does the writing, but not the reading: it rejects a whole rule because of one unknown expression,
/// and a ruleset that cannot be read completely must not look like one without rules.

#include "cnftables_batch.h"
#include "cnftables_messages.h"
#include "cnftables_socket.h"
#include "cnftables_values.h"

#endif
