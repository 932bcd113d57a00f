// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CSUPPORT_H
#define CSUPPORT_H

#include <stdint.h>

// Functions for tests only, which the products must not contain. Each returns 0 or -errno.
//
// A socket belongs to the user that opened it. The kernel's reports of binds (clinux_binds.h) name the real user of
// the thread that binds, which may be another one. "As `uid`" below means with this real user for the time of the
// call; it needs CAP_SETUID, unless `uid` is the thread's own user.

/// Opens a UDP socket that belongs to `uid`, whatever the thread's user. Another user's socket needs
/// CAP_SETUID.
int csupport_udp_open(uint32_t uid, int *descriptor);

/// Opens a raw IPv4 socket that belongs to `uid`: with IPPROTO_RAW for sending packets that include their
/// header, with another protocol for receiving a copy of every packet of that protocol that the input hook
/// lets through.
int csupport_raw_open(uint32_t uid, int protocol, int *descriptor);

/// Opens a packet socket for frames of one protocol (host byte order; ETH_P_ALL for all) on an interface of
/// the calling thread's network namespace. It receives no outgoing frames, not even those that it sends.
int csupport_packet_open(const char *interface, uint16_t protocol, int *descriptor);

/// Keeps the calling thread on its present processor, so that packets arrive in the order in which it sends
/// them.
int csupport_stay_on_processor(void);

/// Binds to an address and port in host byte order, as `uid`. Writes the port, which the kernel chooses for 0, to
/// `bound`.
int csupport_udp_bind(int descriptor, uint32_t uid, uint32_t address, uint16_t port, uint16_t *bound);

/// Permits other sockets that also permit it, of any user, to have the same address and port.
int csupport_udp_share(int descriptor);

/// Connects to an address and port in host byte order.
int csupport_udp_connect(int descriptor, uint32_t address, uint16_t port);

/// Joins a multicast group on the link with this address; both in host byte order.
int csupport_udp_join(int descriptor, uint32_t group, uint32_t address);

/// Makes a tunnel device that exists as long as the descriptor.
int csupport_tun_open(const char *name, int *descriptor);

/// Binds and closes `count` UDP sockets one after the other, as `uid`, on ports that the kernel chooses; IPv6
/// sockets if `is_ipv6` is not 0. The sockets belong to the thread's user. Returns -errno of the first call that fails.
int csupport_udp_churn(uint32_t uid, uint32_t count, uint8_t is_ipv6);

/// Opens a UDP socket for IPv6 only, which belongs to the thread's user, and binds it to the wildcard address and this
/// port, as `uid`.
int csupport_udp6_bind(uint32_t uid, uint16_t port, int *descriptor);

/// Permanently drops all capabilities except CAP_NET_ADMIN from the calling thread.
int csupport_keep_network_administration(void);

/// Clears CAP_NET_ADMIN in the effective set of the calling thread, or sets it again if `is_given` is not 0.
int csupport_switch_network_administration(uint8_t is_given);

/// The kinds of objects of bpf(2).
enum csupport_bpf_kind { CSUPPORT_BPF_PROGRAM, CSUPPORT_BPF_MAP, CSUPPORT_BPF_LINK };

/// Writes 1 to `exists` if the kernel has an object with this ID, otherwise 0. Needs CAP_SYS_ADMIN.
int csupport_bpf_exists(enum csupport_bpf_kind kind, uint32_t identifier, uint8_t *exists);

#endif
