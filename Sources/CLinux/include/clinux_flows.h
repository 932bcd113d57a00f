// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_FLOWS_H
#define CLINUX_FLOWS_H

#include <stddef.h>
#include <stdint.h>

// The connection tracking table (ctnetlink): IPv4 UDP flows. Every function answers 0 or -errno and fills its results
// only on success. Reading and deleting need CAP_NET_ADMIN.

/// One end of a packet. Host byte order.
struct clinux_end {
    uint32_t address;
    uint16_t port;
};

/// A tracked IPv4 UDP flow.
struct clinux_flow {
    /// The packet that began the flow.
    struct clinux_end source, destination;
    /// The packet that would answer it: other ends than those above where addresses are translated.
    struct clinux_end reply_source, reply_destination;
    /// Tells the entry from a later one with the same ends. As the kernel gives it.
    uint32_t id;
    /// The tracking zone, 0 for none.
    uint16_t zone;
};

/// Which end of the first packet of a flow has a port.
enum clinux_flow_end { CLINUX_FLOW_SOURCE, CLINUX_FLOW_DESTINATION };

/// Opens a socket, close-on-exec, for the functions below: one thread at a time.
int clinux_flows_open(int *descriptor);

/// Lists the flows whose first packet has this port at this end into a fresh array, which the caller frees with free().
/// The kernel filters from 5.8 on; before, it lists every flow and this function picks.
/// `sequence` must differ from that of the call before on this descriptor.
/// Returns 0; -EINTR when the list is inconsistent (ask again); -EINVAL without ctnetlink in the kernel; -EPERM;
/// -ETIMEDOUT when no answer came for 5 s; -EBADMSG; -ENOMEM; or -errno of the socket.
int clinux_flows_dump(
    int descriptor, uint32_t sequence, enum clinux_flow_end end, uint16_t port, struct clinux_flow **flows,
    size_t *count);

/// Has the kernel forget one flow.
/// Returns 0; -ENOENT when it is gone already; or as clinux_flows_dump.
int clinux_flow_delete(int descriptor, uint32_t sequence, const struct clinux_flow *flow);

/// Reads what follows the header of one message about a flow. Pure: no I/O.
/// Returns 0; -ENOENT for a flow that is not UDP over IPv4; -EBADMSG when a length leaves the bytes.
int clinux_flow_parse(const void *bytes, size_t length, struct clinux_flow *flow);

#endif
