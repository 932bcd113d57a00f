// SPDX-License-Identifier: Apache-2.0
// Nothing but the header, which has to stand on its own.
#include "netioapi.h"
