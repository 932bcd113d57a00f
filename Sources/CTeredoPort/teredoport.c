// SPDX-License-Identifier: GPL-2.0-or-later
// Nothing but the header, which has to stand on its own.
#include "netioapi.h"
