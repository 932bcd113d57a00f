// SPDX-License-Identifier: GPL-2.0-or-later
// Every port that a call returned is reported as started and stopped to registrations made before.
#define _GNU_SOURCE
#include "suite.h"

#include <time.h>

static void the_end_of_a_client_without_a_tunnel_device_is_reported(void)
{
    struct record one = RECORD_INITIALIZER, other = RECORD_INITIALIZER;
    teredo_handle_t first = NULL, second = NULL;
    uint16_t port = 0;
    EXPECT(NotifyTeredoPortChange(record_call, &one, 0, &first) == STATUS_SUCCESS);
    EXPECT(NotifyTeredoPortChange(record_call, &other, 1, &second) == STATUS_SUCCESS);
    uint16_t bound = socket_bind(0);
    EXPECT(GetTeredoPort(&port) == STATUS_SUCCESS && port == bound);
    EXPECT(record_wait(&one, 1) == 1 && record_wait(&other, 2) == 2);
    EXPECT(one.calls[0].type == MibAddInstance && one.calls[0].port == bound);
    socket_close();
    EXPECT(record_wait(&one, 2) == 2 && record_wait(&other, 3) == 3);
    EXPECT(one.calls[1].type == MibDeleteInstance && one.calls[1].port == bound);
    EXPECT(CancelMibChangeNotify2(first) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(second) == STATUS_SUCCESS);
}

/// Returns 1 if the record has the start of this port, and later its end; otherwise 0.
static int has_start_and_end(struct record *record, uint16_t port)
{
    enum { NEITHER, STARTED, ENDED } found = NEITHER;
    pthread_mutex_lock(&record->lock);
    for (int index = 0; index < record->count; index++) {
        const struct call *call = &record->calls[index];
        if (found == NEITHER && call->port == port && call->type != MibDeleteInstance)
            found = STARTED;
        else if (found == STARTED && (call->port != port || call->type == MibDeleteInstance))
            found = ENDED; // a change to another port ends this one as well
    }
    pthread_mutex_unlock(&record->lock);
    return found == ENDED;
}

/// Waits until the record has the start and the end of a port, at most 20 seconds. Returns 1 if it has them.
static int await_start_and_end(struct record *record, uint16_t port)
{
    for (int attempt = 0; attempt < 20000; attempt++) {
        if (has_start_and_end(record, port))
            return 1;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return 0;
}

static void the_end_of_a_client_of_two_milliseconds_is_reported(int rounds)
{
    int answers = 0, missing = 0;
    for (int round = 0; round < rounds; round++) {
        struct record record = RECORD_INITIALIZER;
        struct timespec start, now;
        teredo_handle_t handle = NULL;
        uint16_t port = 0;
        EXPECT(NotifyTeredoPortChange(record_call, &record, 0, &handle) == STATUS_SUCCESS);
        client_live_briefly();
        // Asks without a pause, so that a call finds the client, and at most two seconds.
        clock_gettime(CLOCK_MONOTONIC, &start);
        do
            clock_gettime(CLOCK_MONOTONIC, &now);
        while (GetTeredoPort(&port) != STATUS_SUCCESS && now.tv_sec - start.tv_sec < 2);
        if (port != 0) {
            answers++;
            missing += !await_start_and_end(&record, port);
        }
        EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    }
    // A call may miss a client that exists for so short a time.
    EXPECT(answers > rounds / 2);
    EXPECT(missing == 0);
}

/// The state of a callback that waits until `open` is 1 and then records its call.
struct gate {
    struct number entered;
    struct number open;
    struct record record;
};

static void wait_at_gate(void *context, uint16_t port, teredo_notification_type_t type)
{
    struct gate *gate = context;
    number_set(&gate->entered, 1);
    number_wait(&gate->open, 1);
    record_call(&gate->record, port, type);
}

static void a_slow_callback_gets_every_port_that_a_call_returned(void)
{
    struct gate gate = {
        .entered = NUMBER_INITIALIZER, .open = NUMBER_INITIALIZER, .record = RECORD_INITIALIZER};
    teredo_handle_t handle = NULL;
    uint16_t ports[4] = {0};
    EXPECT(NotifyTeredoPortChange(wait_at_gate, &gate, 0, &handle) == STATUS_SUCCESS);
    for (int index = 0; index < 4; index++) {
        uint16_t bound = socket_bind(0);
        EXPECT(GetTeredoPort(&ports[index]) == STATUS_SUCCESS && ports[index] == bound);
        if (index == 0)
            EXPECT(number_wait(&gate.entered, 1) == 1);
        socket_close();
    }
    number_set(&gate.open, 1);
    for (int index = 0; index < 4; index++)
        EXPECT(await_start_and_end(&gate.record, ports[index]));
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

/// The numbers of calls of count_call with and without a port.
struct calls_by_ports {
    struct number with;
    struct number without;
};

static void count_call(void *context, const TEREDO_SYSTEM_PORTS *ports)
{
    struct calls_by_ports *calls = context;
    struct number *number = ports->types[0].numPorts ? &calls->with : &calls->without;
    number_set(number, number_get(number) + 1);
}

static void subscriptions_to_all_ports_get_a_port_that_a_call_returned(void)
{
    struct calls_by_ports calls = {.with = NUMBER_INITIALIZER, .without = NUMBER_INITIALIZER};
    teredo_handle_t handle = NULL;
    TEREDO_SYSTEM_PORTS *ports = NULL;
    uint16_t port = 0;
    EXPECT(TeredoSystemPortsSubscribe(count_call, &calls, &handle) == STATUS_SUCCESS);
    uint16_t bound = socket_bind(0);
    EXPECT(GetTeredoPort(&port) == STATUS_SUCCESS && port == bound);
    EXPECT(number_wait(&calls.with, 1) == 1);
    socket_close();
    // The first call without a port came with the subscription.
    EXPECT(number_wait(&calls.without, 2) == 2);
    bound = socket_bind(0);
    EXPECT(TeredoSystemPortsGet(&ports) == STATUS_SUCCESS && ports->types[0].numPorts == 1);
    FreeMibTable(ports);
    EXPECT(number_wait(&calls.with, 2) == 2);
    socket_close();
    EXPECT(number_wait(&calls.without, 3) == 3);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

void answer_cases(void)
{
    the_end_of_a_client_without_a_tunnel_device_is_reported();
    the_end_of_a_client_of_two_milliseconds_is_reported(150);
    a_slow_callback_gets_every_port_that_a_call_returned();
    subscriptions_to_all_ports_get_a_port_that_a_call_returned();
}
