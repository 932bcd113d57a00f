// SPDX-License-Identifier: GPL-2.0-or-later
// Functions of the programs that measure. Include it after a definition of _GNU_SOURCE.
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/// Nanoseconds of CLOCK_MONOTONIC.
static inline uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/// Prints the failed step with the message of errno, and exits.
static inline _Noreturn void fail(const char *step)
{
    perror(step);
    exit(1);
}

#endif
