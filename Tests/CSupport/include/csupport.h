// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CSUPPORT_H
#define CSUPPORT_H

#include <stdint.h>

// What tests need and the products must not have. Every function answers 0 or -errno.

/// Opens a UDP socket that belongs to `uid`, whoever the thread runs as. Other users' need CAP_SETUID.
int csupport_udp_open(uint32_t uid, int *descriptor);

/// Binds to an address and port in host byte order, and tells the port that it got.
int csupport_udp_bind(int descriptor, uint32_t address, uint16_t port, uint16_t *bound);

/// Connects to an address and port in host byte order.
int csupport_udp_connect(int descriptor, uint32_t address, uint16_t port);

/// Makes a tunnel device that lives as long as the descriptor.
int csupport_tun_open(const char *name, int *descriptor);

#endif
