// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_FLOWS_H
#define CLINUX_FLOWS_H

#include <stddef.h>
#include <stdint.h>

// IPv4 UDP flows in the connection tracking table (ctnetlink). Every function returns 0 or -errno and writes
// its results only on success. Reading and deleting need CAP_NET_ADMIN.

/// The address and port of one end of a flow, in host byte order.
struct clinux_endpoint {
    uint32_t address;
    uint16_t port;
};

/// A tracked IPv4 UDP flow.
struct clinux_flow {
    /// The ends of the packet that began the flow.
    struct clinux_endpoint source, destination;
    /// The ends of an answer to that packet; they differ from the above where addresses are translated.
    struct clinux_endpoint reply_source, reply_destination;
    /// Distinguishes the entry from a later one with the same ends; opaque, the bytes as the kernel sends them.
    uint32_t id;
    /// The tracking zone; 0 for none.
    uint16_t zone;
};

/// The end of a flow's first packet that has the port.
enum clinux_flow_end { CLINUX_FLOW_SOURCE, CLINUX_FLOW_DESTINATION };

/// Opens a socket, close-on-exec, for the functions below; for one thread at a time.
int clinux_flows_open(int *descriptor);

/// Lists the flows whose first packet has this port at this end in a new array, which the caller frees
/// with free(). Linux 5.8 and later filter; an older kernel lists every flow, and this function filters.
/// `sequence` must differ from that of the previous call on this descriptor. Returns 0; -EINTR when the
/// list is inconsistent (call again); -EINVAL without ctnetlink in the kernel; -EPERM; -ETIMEDOUT when no
/// answer came for 5 s; -EBADMSG; -ENOMEM; or -errno of the socket.
int clinux_flows_dump(
    int descriptor, uint32_t sequence, enum clinux_flow_end end, uint16_t port, struct clinux_flow **flows,
    size_t *count);

/// Counts the flows of the network namespace, of all protocols, in constant time, whereas a dump visits the table of
/// all namespaces. Returns 0; -EBADMSG for an answer without the count; or as clinux_flows_dump.
int clinux_flows_count(int descriptor, uint32_t sequence, uint32_t *count);

/// Deletes one flow. Returns 0; -ENOENT when the flow has already ended; or as clinux_flows_dump.
int clinux_flow_delete(int descriptor, uint32_t sequence, const struct clinux_flow *flow);

/// Reads the payload of one message about a flow. Pure: no I/O. Returns 0; -ENOENT for a flow that is not UDP
/// over IPv4, or that lacks an address or port; -EBADMSG when a length exceeds the payload or an address or port has
/// the wrong size.
int clinux_flow_parse(const void *bytes, size_t length, struct clinux_flow *flow);

/// Reads the payload of the message with the number of flows. Pure: no I/O. Returns 0; -EBADMSG when the
/// number is missing or a length exceeds the payload.
int clinux_flows_count_parse(const void *bytes, size_t length, uint32_t *count);

#endif
