// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef CNFTABLES_H
#define CNFTABLES_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#endif
