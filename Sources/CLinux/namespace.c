// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <sched.h>

int clinux_unshare_network(void)
{
    return unshare(CLONE_NEWNET) == 0 ? 0 : -errno;
}

int clinux_enter_network(int descriptor)
{
    return setns(descriptor, CLONE_NEWNET) == 0 ? 0 : -errno;
}
