// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_PROBE_H
#define CLINUX_PROBE_H

// Packets made by hand, to see what the host does with them. All functions return 0 or -errno and concern the
// network namespace of the calling thread.

#include <stddef.h>
#include <stdint.h>

/// Makes the kernel receive `frame`, which begins with an Ethernet header, as if it had come in on the
/// interface. What follows has mostly happened when this returns. Needs Linux 5.18, CAP_NET_ADMIN and CAP_BPF.
/// Returns 0; -ENODEV without such an interface; -EPERM; -EINVAL or -ENOTSUP in an older kernel; -ENOSYS
/// without bpf(2).
int clinux_receive_frame(uint32_t interface, const void *frame, size_t length);

/// Sends an IPv4 packet that begins with its own header.
/// Returns 0 or -errno of socket(2) or sendto(2): -EPERM also when a filter dropped it.
int clinux_send_packet(const void *packet, size_t length);

/// Makes files and sockets that the calling thread makes from now on the user's. Returns 0, or -EPERM.
int clinux_become_filesystem_user(uint32_t user);

/// How the host would reach an IPv4 address. Addresses are in host byte order.
struct clinux_route {
    uint32_t interface;
    /// The address it would send from.
    uint32_t source;
};

/// Asks for the route to `destination`, with an `interface` other than 0 only for one through that.
/// Returns 0; -ENETUNREACH, -EHOSTUNREACH, -EACCES or -EINVAL when there is none (whatever the route says);
/// -ENODEV; -EBADMSG.
int clinux_find_route(uint32_t destination, uint32_t interface, struct clinux_route *route);

/// Reads the 6 bytes of the interface's Ethernet address; zeros for one that has no such address.
/// Returns 0 or -ENODEV.
int clinux_hardware_address(uint32_t interface, uint8_t address[6]);

#endif
