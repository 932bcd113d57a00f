// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_PROBE_H
#define CLINUX_PROBE_H

// Sends and injects test packets, and looks up their routes. Unless stated otherwise, the functions return 0 or
// -errno and work in the network namespace of the calling thread.

#include <stddef.h>
#include <stdint.h>

/// Injects `frame`, which begins with an Ethernet header, into the kernel as if it had arrived on the interface with
/// this index. The packet has usually been processed when this returns. Needs Linux 5.18, CAP_NET_ADMIN and
/// CAP_BPF. Returns 0; -ENODEV without such an interface; -EPERM; -EINVAL or -ENOTSUP in an older kernel;
/// -ENOSYS without bpf(2).
int clinux_inject_frame(uint32_t interface, const void *frame, size_t length);

/// Sends an IPv4 packet that includes its header. Returns 0 or -errno of socket(2) or sendto(2): -EPERM also
/// when a filter dropped the packet.
int clinux_send_packet(const void *packet, size_t length);

/// Makes the user the owner of files and sockets that the calling thread creates from now on, so that rules
/// that match the owner of a socket match the packets of such a socket. Returns 0 or -EPERM.
int clinux_become_filesystem_user(uint32_t user);

/// The host's route to an IPv4 address.
struct clinux_route {
    /// The index of the interface that packets leave through.
    uint32_t interface;
    /// The address that the host sends from, in host byte order.
    uint32_t source;
};

/// Looks up the route to `destination` (host byte order) on a socket of clinux_route_open (clinux.h), in the namespace
/// of that socket; if `interface` is not 0, only one through the interface with this index. Returns 1; 0 when the
/// kernel answers that there is none; -ENODEV without such an interface; -EBADMSG when the answer is malformed;
/// -ETIMEDOUT when no answer came for 5 s; or -errno of the socket.
int clinux_find_route(int descriptor, uint32_t destination, uint32_t interface, struct clinux_route *route);

/// Reads the payload of the RTM_NEWROUTE message that answers a lookup. Pure: no I/O. Returns 0; -ENETUNREACH when
/// the route has no interface or no source address; -EBADMSG when a length exceeds the payload or a value has the
/// wrong size.
int clinux_route_parse(const void *bytes, size_t length, struct clinux_route *route);

/// Reads the 6 bytes of the interface's Ethernet address; zeros if it has none. Returns 0; -ENODEV without
/// such an interface; or -errno of socket(2) or ioctl(2).
int clinux_hardware_address(uint32_t interface, uint8_t address[6]);

#endif
