// SPDX-License-Identifier: GPL-2.0-or-later
// Asking for the port, and registrations for its changes.
#define _GNU_SOURCE
#include "suite.h"

#include <dlfcn.h>
#include <pwd.h>
#include <stdatomic.h>
#include <string.h>

/// The number of calls of getpwnam_r.
static atomic_int user_lookups;

/// Replaces the function of the C library, for the library under test as well.
int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **result)
{
    int (*next)(const char *, struct passwd *, char *, size_t, struct passwd **);
    *(void **)&next = dlsym(RTLD_NEXT, "getpwnam_r");
    user_lookups++;
    return next(name, entry, buffer, size, result);
}

static void port_needs_a_pointer(void)
{
    EXPECT(GetTeredoPort(NULL) == STATUS_INVALID_PARAMETER);
}

static void port_is_zero_while_there_is_no_client(void)
{
    uint16_t port = 4711;
    EXPECT(GetTeredoPort(&port) == ERROR_NOT_READY);
    EXPECT(port == MIB_INVALID_TEREDO_PORT_NUMBER);
}

static void port_is_that_of_the_client(void)
{
    uint16_t port = 0, bound = client_start();
    EXPECT(GetTeredoPort(&port) == STATUS_SUCCESS);
    EXPECT(port == bound);
    bound = client_restart();
    EXPECT(GetTeredoPort(&port) == STATUS_SUCCESS);
    EXPECT(port == bound);
    client_stop();
    EXPECT(GetTeredoPort(&port) == ERROR_NOT_READY);
    EXPECT(port == 0);
}

static void the_user_is_looked_up_once_for_many_calls(void)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = NULL;
    uint16_t port = 0;
    EXPECT(GetTeredoPort(&port) == ERROR_NOT_READY);
    EXPECT(user_lookups > 0);
    user_lookups = 0;
    for (int round = 0; round < 100; round++)
        EXPECT(GetTeredoPort(&port) == ERROR_NOT_READY);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    EXPECT(user_lookups == 0);
}

static void registering_needs_callback_and_handle(void)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = &record;
    EXPECT(NotifyTeredoPortChange(NULL, &record, 1, &handle) == STATUS_INVALID_PARAMETER);
    EXPECT(handle == NULL);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, NULL) == STATUS_INVALID_PARAMETER);
    EXPECT(NotifyTeredoPortChange(NULL, NULL, 1, NULL) == STATUS_INVALID_PARAMETER);
    EXPECT(record_count(&record) == 0);
}

static void initial_notification_comes_if_asked_before_registering_returns(teredo_boolean_t asked)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = NULL;
    EXPECT(NotifyTeredoPortChange(record_call, &record, asked, &handle) == STATUS_SUCCESS);
    EXPECT(handle != NULL);
    EXPECT(record_count(&record) == (asked ? 1 : 0));
    if (asked) {
        EXPECT(record.calls[0].type == MibInitialNotification);
        EXPECT(record.calls[0].port == 0);
        EXPECT(record.calls[0].context == &record);
    }
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    EXPECT(record_count(&record) == (asked ? 1 : 0));
}

static void start_change_and_stop_are_reported_in_order(void)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = NULL;
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == STATUS_SUCCESS);
    uint16_t first = client_start();
    EXPECT(record_wait(&record, 2) == 2);
    uint16_t second = client_restart();
    EXPECT(record_wait(&record, 3) == 3);
    client_stop();
    EXPECT(record_wait(&record, 4) == 4);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    if (record.count != 4)
        return;
    EXPECT(record.calls[0].type == MibInitialNotification && record.calls[0].port == 0);
    EXPECT(record.calls[1].type == MibAddInstance && record.calls[1].port == first);
    EXPECT(record.calls[2].type == MibParameterNotification && record.calls[2].port == second);
    EXPECT(record.calls[3].type == MibDeleteInstance && record.calls[3].port == second);
    for (int index = 1; index < 4; index++)
        EXPECT(pthread_equal(record.calls[index].thread, record.calls[0].thread));
}

static void a_port_from_before_the_registration_is_not_reported(void)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = NULL;
    uint16_t port = client_start();
    EXPECT(NotifyTeredoPortChange(record_call, &record, 0, &handle) == STATUS_SUCCESS);
    client_stop();
    EXPECT(record_wait(&record, 1) == 1);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    EXPECT(record.calls[0].type == MibDeleteInstance && record.calls[0].port == port);
}

static void registrations_are_independent(void)
{
    struct record one = RECORD_INITIALIZER, other = RECORD_INITIALIZER;
    teredo_handle_t first = NULL, second = NULL;
    EXPECT(NotifyTeredoPortChange(record_call, &one, 1, &first) == STATUS_SUCCESS);
    EXPECT(NotifyTeredoPortChange(record_call, &other, 0, &second) == STATUS_SUCCESS);
    EXPECT(first != second);
    client_start();
    EXPECT(record_wait(&one, 2) == 2);
    EXPECT(record_wait(&other, 1) == 1);
    EXPECT(CancelMibChangeNotify2(first) == STATUS_SUCCESS);
    client_stop();
    EXPECT(record_wait(&other, 2) == 2);
    EXPECT(record_count(&one) == 2);
    EXPECT(CancelMibChangeNotify2(second) == STATUS_SUCCESS);
}

/// A call of take_ports as one number: how many calls there have been, and the count of ports and the first port
/// of this call. The count of calls is in the highest bits, so that number_wait waits for it.
static int encoded_call(int calls, uint32_t count, uint16_t port)
{
    return calls << 20 | (int)count << 16 | port;
}

static void take_ports(void *context, const TEREDO_SYSTEM_PORTS *ports)
{
    struct number *last = context;
    EXPECT(ports->numTypes == 1 && ports->types[0].type == TEREDO_SYSTEM_PORT_TEREDO);
    uint32_t count = ports->types[0].numPorts;
    int calls = (number_get(last) >> 20) + 1;
    number_set(last, encoded_call(calls, count, count ? ports->types[0].ports[0] : 0));
}

static void all_ports_are_reported_at_once_and_after_changes(void)
{
    struct number last = NUMBER_INITIALIZER;
    teredo_handle_t handle = NULL;
    TEREDO_SYSTEM_PORTS *ports = NULL;
    EXPECT(TeredoSystemPortsGet(NULL) == STATUS_INVALID_PARAMETER);
    EXPECT(TeredoSystemPortsGet(&ports) == STATUS_SUCCESS);
    EXPECT(ports && ports->types[0].numPorts == 0);
    FreeMibTable(ports);
    EXPECT(TeredoSystemPortsSubscribe(NULL, &last, &handle) == STATUS_INVALID_PARAMETER);
    EXPECT(TeredoSystemPortsSubscribe(take_ports, &last, NULL) == STATUS_INVALID_PARAMETER);
    EXPECT(TeredoSystemPortsSubscribe(take_ports, &last, &handle) == STATUS_SUCCESS);
    EXPECT(number_get(&last) == encoded_call(1, 0, 0));
    uint16_t port = client_start();
    EXPECT(number_wait(&last, encoded_call(2, 0, 0)) == encoded_call(2, 1, port));
    EXPECT(TeredoSystemPortsGet(&ports) == STATUS_SUCCESS);
    EXPECT(ports && ports->types[0].numPorts == 1 && ports->types[0].ports[0] == port);
    FreeMibTable(ports);
    client_stop();
    EXPECT(number_wait(&last, encoded_call(3, 0, 0)) == encoded_call(3, 0, 0));
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

static void codes_are_converted(void)
{
    EXPECT(TeredoStatusToWin32(STATUS_SUCCESS) == 0 && TeredoStatusToNtstatus(STATUS_SUCCESS) == 0);
    EXPECT(TeredoStatusToWin32(STATUS_INVALID_PARAMETER) == 87);
    EXPECT(TeredoStatusToNtstatus(STATUS_INVALID_PARAMETER) == 0xC000000DU);
    EXPECT(
        TeredoStatusToWin32(ERROR_NOT_READY) == 21 && TeredoStatusToNtstatus(ERROR_NOT_READY) == 0xC00000A3U);
    EXPECT(TeredoStatusToWin32(STATUS_NOT_SUPPORTED) == 50);
    EXPECT(
        TeredoStatusToWin32(STATUS_NO_MEMORY) == 8 && TeredoStatusToWin32(STATUS_POSSIBLE_DEADLOCK) == 1131);
    EXPECT(TeredoStatusToNtstatus(ERROR_INVALID_HANDLE) == 0xC0000008U);
    EXPECT(TeredoStatusToNtstatus(ERROR_IO_PENDING) == 0x103U);
    EXPECT(strcmp(TeredoStatusMessage(ERROR_NOT_READY), "the Teredo client has no port") == 0);
    EXPECT(TeredoStatusMessage(12345) != NULL);
}

void port_cases(void)
{
    port_needs_a_pointer();
    port_is_zero_while_there_is_no_client();
    port_is_that_of_the_client();
    the_user_is_looked_up_once_for_many_calls();
    registering_needs_callback_and_handle();
    initial_notification_comes_if_asked_before_registering_returns(0);
    initial_notification_comes_if_asked_before_registering_returns(1);
    // Every value of a BOOLEAN but 0 is true.
    initial_notification_comes_if_asked_before_registering_returns(2);
    start_change_and_stop_are_reported_in_order();
    a_port_from_before_the_registration_is_not_reported();
    registrations_are_independent();
    all_ports_are_reported_at_once_and_after_changes();
    codes_are_converted();
}
