// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(CLINUX_CAP_NET_ADMIN == CAP_NET_ADMIN, "capability");

int clinux_process_open(int32_t process, int *descriptor)
{
    long number = syscall(SYS_pidfd_open, process, 0);
    if (number < 0)
        return -errno;
    *descriptor = (int)number;
    return 0;
}

int clinux_effective_capabilities(uint64_t *capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    *capabilities = (uint64_t)data[1].effective << 32 | data[0].effective;
    return 0;
}

static sigset_t set_of(uint64_t signals)
{
    sigset_t set;
    sigemptyset(&set);
    for (int number = 1; number <= 64; number++)
        if (signals >> (number - 1) & 1)
            sigaddset(&set, number);
    return set;
}

int clinux_signals_block(uint64_t signals)
{
    sigset_t set = set_of(signals);
    return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int clinux_signals_open(uint64_t signals, int *descriptor)
{
    sigset_t set = set_of(signals);
    int number = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (number < 0)
        return -errno;
    *descriptor = number;
    return 0;
}

int clinux_signals_receive(int descriptor, uint32_t *signal)
{
    for (;;) {
        struct signalfd_siginfo information;
        ssize_t length = read(descriptor, &information, sizeof information);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return -errno;
        if ((size_t)length < sizeof information)
            return -EBADMSG;
        *signal = information.ssi_signo;
        return 0;
    }
}
