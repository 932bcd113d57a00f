// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "bpf.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
    long result = syscall(SYS_bpf, command, attributes, sizeof *attributes);
    return result < 0 ? -errno : (int)result;
}
