// SPDX-License-Identifier: GPL-2.0-or-later
// Functions of the programs that measure libteredoport: they bind many sockets in other processes, and sort samples.
// Include it after a definition of _GNU_SOURCE.
#ifndef SAMPLES_H
#define SAMPLES_H

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/// Orders samples for qsort(3).
static inline int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/// The process that holds one share of the sockets: binds `count` sockets to the address of share `share`, and writes
/// a byte to `ready`. Ends with its parent.
static inline _Noreturn void hold_share(int count, int share, int ready)
{
    struct rlimit limit;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    // 127.0.0.1 for the first share, and the addresses after it for the others.
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000001 + (uint32_t)share)};
    for (int index = 0; index < count; index++) {
        int number = socket(AF_INET, SOCK_DGRAM, 0);
        if (number < 0 || bind(number, (struct sockaddr *)&name, sizeof name) < 0) {
            perror("cannot bind a socket");
            _exit(1);
        }
    }
    if (write(ready, "", 1) == 1)
        pause();
    _exit(1);
}

/// Binds UDP sockets in other processes, which keep them until this process ends. Each process has a share of them,
/// because the descriptors of a process and the ports of an address are limited. Exits on failure.
static inline void hold_sockets(int sockets)
{
    enum { SHARE = 10000 }; // sockets of one process
    for (int share = 0; share * SHARE < sockets; share++) {
        int rest = sockets - share * SHARE, ends[2];
        char done;
        if (pipe(ends) < 0)
            exit(1);
        pid_t holder = fork();
        if (holder == 0)
            hold_share(rest < SHARE ? rest : SHARE, share, ends[1]);
        close(ends[1]);
        if (holder < 0 || read(ends[0], &done, 1) != 1) {
            fprintf(stderr, "cannot hold %d sockets\n", sockets);
            exit(1);
        }
        close(ends[0]);
    }
}

#endif
