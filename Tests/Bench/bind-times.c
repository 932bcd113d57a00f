// SPDX-License-Identifier: GPL-2.0-or-later
// bind-times USER COUNT MICROSECONDS: imitates a Teredo client without a tunnel device. As user number USER,
// binds a UDP socket COUNT times, at intervals of MICROSECONDS, and closes it after half of the interval.
//
// At the end prints "bind|close PORT NANOSECONDS" for each call, with the time of CLOCK_MONOTONIC before it.
#define _GNU_SOURCE
#include "bench.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/// The port, and the times in nanoseconds before the calls of bind and close.
struct round {
    unsigned port;
    uint64_t bound, closed;
};

static struct round bind_once(unsigned interval)
{
    struct round round;
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t length = sizeof name;
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        fail("bind-times: socket");
    round.bound = now();
    if (bind(descriptor, (struct sockaddr *)&name, sizeof name) < 0
        || getsockname(descriptor, (struct sockaddr *)&name, &length) < 0)
        fail("bind-times: bind");
    round.port = ntohs(name.sin_port);
    usleep(interval / 2);
    round.closed = now();
    close(descriptor);
    usleep(interval - interval / 2);
    return round;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: bind-times USER COUNT MICROSECONDS\n", stderr);
        return 2;
    }
    int rounds = atoi(argv[2]);
    // One more than needed, because calloc may return NULL for none.
    struct round *done = calloc((size_t)rounds + 1, sizeof *done);
    if (!done)
        abort();
    if (setresuid((uid_t)atoi(argv[1]), (uid_t)atoi(argv[1]), (uid_t)atoi(argv[1])) < 0)
        fail("bind-times: setresuid");
    for (int index = 0; index < rounds; index++)
        done[index] = bind_once((unsigned)atoi(argv[3]));
    for (int index = 0; index < rounds; index++)
        printf(
            "bind %u %llu\nclose %u %llu\n", done[index].port, (unsigned long long)done[index].bound,
            done[index].port, (unsigned long long)done[index].closed);
    return 0;
}
