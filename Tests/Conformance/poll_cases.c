// SPDX-License-Identifier: GPL-2.0-or-later
// Descriptors to wait for, in a program without another thread.
#define _GNU_SOURCE
#include "suite.h"

#include <poll.h>
#include <time.h>

/// Takes the next change, waiting for it if necessary: about 30 seconds at most. Returns the change, or zeros.
static TEREDO_PORT_CHANGE next_change(teredo_handle_t handle, int descriptor)
{
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        struct pollfd entry = {.fd = descriptor, .events = POLLIN};
        TEREDO_PORT_CHANGE change = {0};
        uint32_t count = 0;
        if (poll(&entry, 1, 30000) != 1 || TeredoPortTake(handle, &change, 1, &count) != STATUS_SUCCESS)
            break;
        if (count == 1)
            return change;
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - start.tv_sec < 30);
    return (TEREDO_PORT_CHANGE){0};
}

static int is_change(TEREDO_PORT_CHANGE change, teredo_notification_type_t type, uint16_t port)
{
    return change.NotificationType == type && change.Port == port && change.Reserved == 0;
}

static void start_change_and_stop_are_taken(void)
{
    teredo_handle_t handle = NULL;
    int descriptor = -1, before = settled_threads();
    EXPECT(TeredoPortOpen(NULL, &handle, &descriptor) == STATUS_SUCCESS && handle && descriptor >= 0);
    uint16_t first = client_start();
    EXPECT(is_change(next_change(handle, descriptor), MibAddInstance, first));
    uint16_t second = client_restart();
    EXPECT(is_change(next_change(handle, descriptor), MibParameterNotification, second));
    client_stop();
    EXPECT(is_change(next_change(handle, descriptor), MibDeleteInstance, second));
    EXPECT(threads_become(before));
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

static void a_port_that_exists_already_is_the_first_change(void)
{
    teredo_handle_t handle = NULL;
    int descriptor = -1;
    uint16_t port = socket_bind(0);
    EXPECT(TeredoPortOpen(NULL, &handle, &descriptor) == STATUS_SUCCESS);
    EXPECT(is_change(next_change(handle, descriptor), MibAddInstance, port));
    socket_close();
    EXPECT(is_change(next_change(handle, descriptor), MibDeleteInstance, port));
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

static void the_start_and_the_end_of_a_returned_port_are_taken(void)
{
    teredo_handle_t handle = NULL;
    int descriptor = -1;
    uint16_t port = 0;
    EXPECT(TeredoPortOpen(NULL, &handle, &descriptor) == STATUS_SUCCESS);
    uint16_t bound = socket_bind(0);
    EXPECT(GetTeredoPort(&port) == STATUS_SUCCESS && port == bound);
    socket_close();
    EXPECT(is_change(next_change(handle, descriptor), MibAddInstance, bound));
    EXPECT(is_change(next_change(handle, descriptor), MibDeleteInstance, bound));
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

static void arguments_are_checked(void)
{
    struct record record = RECORD_INITIALIZER;
    TEREDO_PORT_CHANGE changes[2];
    teredo_handle_t handle = &record, called = NULL;
    uint32_t count = 4711;
    int descriptor = 4711;
    EXPECT(TeredoPortOpen(NULL, NULL, &descriptor) == STATUS_INVALID_PARAMETER && descriptor == -1);
    EXPECT(TeredoPortOpen(NULL, &handle, NULL) == STATUS_INVALID_PARAMETER && handle == NULL);
    EXPECT(TeredoPortOpen(NULL, &handle, &descriptor) == STATUS_SUCCESS);
    EXPECT(TeredoPortTake(handle, changes, 2, NULL) == STATUS_INVALID_PARAMETER);
    EXPECT(TeredoPortTake(handle, NULL, 2, &count) == STATUS_INVALID_PARAMETER && count == 0);
    EXPECT(TeredoPortTake(handle, changes, 0, &count) == STATUS_INVALID_PARAMETER);
    EXPECT(TeredoPortTake(NULL, changes, 2, &count) == STATUS_INVALID_PARAMETER);
    EXPECT(TeredoPortTake(handle, changes, 2, &count) == STATUS_SUCCESS && count == 0);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 0, &called) == STATUS_SUCCESS);
    EXPECT(TeredoPortTake(called, changes, 2, &count) == ERROR_INVALID_HANDLE);
    EXPECT(CancelMibChangeNotify2(called) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == ERROR_INVALID_HANDLE);
    EXPECT(TeredoPortTake(handle, changes, 2, &count) == ERROR_INVALID_HANDLE);
}

static void changes_beyond_the_capacity_keep_the_descriptor_readable(void)
{
    teredo_handle_t handle = NULL;
    int descriptor = -1;
    uint16_t ports[3];
    EXPECT(TeredoPortOpen(NULL, &handle, &descriptor) == STATUS_SUCCESS);
    for (int index = 0; index < 3; index++) {
        socket_bind(0);
        EXPECT(GetTeredoPort(&ports[index]) == STATUS_SUCCESS);
        socket_close();
    }
    EXPECT(is_change(next_change(handle, descriptor), MibAddInstance, ports[0]));
    // Changes for both other ports are still to be taken: the descriptor is readable without a further event.
    for (int rest = 0; rest < 2; rest++) {
        struct pollfd entry = {.fd = descriptor, .events = POLLIN};
        TEREDO_PORT_CHANGE change;
        uint32_t count = 0;
        // 20 ms, so that an event could hardly come meanwhile.
        EXPECT(poll(&entry, 1, 20) == 1);
        EXPECT(TeredoPortTake(handle, &change, 1, &count) == STATUS_SUCCESS && count == 1);
    }
    // Takes the remaining changes, up to the end of the last port or until no change comes.
    TEREDO_PORT_CHANGE change;
    do
        change = next_change(handle, descriptor);
    while (change.Port && !is_change(change, MibDeleteInstance, ports[2]));
    EXPECT(is_change(change, MibDeleteInstance, ports[2]));
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

void poll_cases(void)
{
    arguments_are_checked();
    start_change_and_stop_are_taken();
    a_port_that_exists_already_is_the_first_change();
    the_start_and_the_end_of_a_returned_port_are_taken();
    changes_beyond_the_capacity_keep_the_descriptor_readable();
}
