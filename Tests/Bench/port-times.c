// SPDX-License-Identifier: GPL-2.0-or-later
// Measures libteredoport.
//
//   port-times follow           prints "open|close PORT NANOSECONDS" (CLOCK_MONOTONIC) at every callback's entry,
//                               until it is killed
//   port-times get SOCKETS      binds SOCKETS UDP sockets in other processes and prints as JSON members the time of
//                               GetTeredoPort then: the median of the first calls of new processes, and the median
//                               and the 99th percentile of later calls
#define _GNU_SOURCE
#include "bench.h"
#include "samples.h"

#include <netioapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void changed(void *context, uint16_t port, teredo_notification_type_t type)
{
    static uint16_t last;
    unsigned long long time = now();
    (void)context;
    if (type == MibDeleteInstance || type == MibParameterNotification)
        printf("close %u %llu\n", type == MibDeleteInstance ? port : last, time);
    if (type == MibAddInstance || type == MibParameterNotification)
        printf("open %u %llu\n", port, time);
    last = port;
    fflush(stdout);
}

static int follow(void)
{
    teredo_handle_t handle;
    teredo_status_t status = NotifyTeredoPortChange(changed, NULL, 0, &handle);
    if (status != STATUS_SUCCESS) {
        fprintf(stderr, "port-times: %s\n", TeredoStatusMessage(status));
        return 1;
    }
    pause();
    return 0;
}

static double call_microseconds(void)
{
    uint16_t port;
    uint64_t start = now();
    teredo_status_t status = GetTeredoPort(&port);
    uint64_t end = now();
    if (status != STATUS_SUCCESS) {
        fprintf(stderr, "port-times: %s\n", TeredoStatusMessage(status));
        exit(1);
    }
    return (double)(end - start) / 1000;
}

/// The time of the first call in a process, measured in a new child.
static double first_call_microseconds(void)
{
    int ends[2];
    double value = -1;
    if (pipe(ends) < 0)
        exit(1);
    if (fork() == 0) {
        value = call_microseconds();
        _exit(write(ends[1], &value, sizeof value) != (ssize_t)sizeof value);
    }
    close(ends[1]);
    if (read(ends[0], &value, sizeof value) != (ssize_t)sizeof value)
        exit(1);
    close(ends[0]);
    wait(NULL);
    return value;
}

static int measure_calls(int sockets)
{
    enum { FIRST = 51, LATER = 1000 };
    static double first[FIRST], later[LATER];
    hold_sockets(sockets);
    for (int round = 0; round < FIRST; round++)
        first[round] = first_call_microseconds();
    call_microseconds(); // the first call of this process, which is no later call
    for (int round = 0; round < LATER; round++)
        later[round] = call_microseconds();
    qsort(first, FIRST, sizeof first[0], by_value);
    qsort(later, LATER, sizeof later[0], by_value);
    // As README.md defines it.
    double percentile_99 = later[(LATER * 99 + 99) / 100 - 1];
    printf(
        "\"port_first_%d_us\": %.1f,\n\"port_later_%d_us\": %.1f,\n\"port_later_p99_%d_us\": %.1f,\n",
        sockets, first[FIRST / 2], sockets, later[LATER / 2], sockets, percentile_99);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "follow") == 0)
        return follow();
    if (argc == 3 && strcmp(argv[1], "get") == 0)
        return measure_calls(atoi(argv[2]));
    fprintf(stderr, "usage: port-times follow | port-times get SOCKETS\n");
    return 2;
}
