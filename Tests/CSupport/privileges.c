// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "csupport.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int csupport_keep_network_administration(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{0}};
    sets[0].effective = sets[0].permitted = 1u << CAP_NET_ADMIN;
    return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

int csupport_switch_network_administration(uint8_t is_given)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capget, &header, sets) < 0)
        return -errno;
    const uint32_t bit = 1u << CAP_NET_ADMIN;
    sets[0].effective = is_given ? sets[0].effective | bit : sets[0].effective & ~bit;
    return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

int csupport_bpf_exists(enum csupport_bpf_kind kind, uint32_t identifier, uint8_t *exists)
{
    static const enum bpf_cmd commands[] = {
        [CSUPPORT_BPF_PROGRAM] = BPF_PROG_GET_FD_BY_ID,
        [CSUPPORT_BPF_MAP] = BPF_MAP_GET_FD_BY_ID,
        [CSUPPORT_BPF_LINK] = BPF_LINK_GET_FD_BY_ID,
    };
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    // The kernel reads the ID of a map or link from the same place as that of a program.
    attributes.prog_id = identifier;
    long number = syscall(SYS_bpf, commands[kind], &attributes, sizeof attributes);
    if (number < 0 && errno != ENOENT)
        return -errno;
    if (number >= 0)
        (void)close((int)number);
    *exists = number >= 0;
    return 0;
}
