// SPDX-License-Identifier: GPL-2.0-or-later
// What is missing is told by the code for it, and leaves nothing behind.
#define _GNU_SOURCE
#include "suite.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int stack_is_missing;

/// Stands before the C library's, for the library under test as well.
int socket(int family, int type, int protocol)
{
    if (stack_is_missing && family == AF_INET6) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return (int)syscall(SYS_socket, family, type, protocol);
}

static void without_an_ipv6_stack_there_is_no_port(void)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = NULL;
    uint16_t port = 4711;
    client_start();
    stack_is_missing = 1;
    EXPECT(GetTeredoPort(NULL) == STATUS_INVALID_PARAMETER);
    EXPECT(GetTeredoPort(&port) == STATUS_NOT_SUPPORTED);
    EXPECT(port == 0);
    // Registering works without a client, and so without a stack.
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    stack_is_missing = 0;
    EXPECT(GetTeredoPort(&port) == STATUS_SUCCESS && port != 0);
    client_stop();
}

static void without_descriptors_nothing_is_registered(void)
{
    struct record record = RECORD_INITIALIZER;
    struct rlimit before, none;
    teredo_handle_t handle = &record;
    uint16_t port = 4711;
    PMIB_UNICASTIPADDRESS_TABLE table = NULL;
    TEREDO_SYSTEM_PORTS *ports = NULL;
    getrlimit(RLIMIT_NOFILE, &before);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    EXPECT(setrlimit(RLIMIT_NOFILE, &none) == 0);
    EXPECT(GetTeredoPort(&port) == 4 && port == 0);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == 4 && handle == NULL);
    EXPECT(NotifyStableUnicastIpAddressTable(AF_UNSPEC, &table, (teredo_stable_address_callback)0, NULL, &handle) ==
           STATUS_INVALID_PARAMETER);
    EXPECT(TeredoSystemPortsGet(&ports) != STATUS_SUCCESS || ports->types[0].numPorts == 0);
    FreeMibTable(ports);
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT(record_count(&record) == 0);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

/// Threads are counted for a user without privileges.
static void without_threads_nothing_is_registered(void)
{
    struct record record = RECORD_INITIALIZER;
    struct rlimit before, none;
    teredo_handle_t handle = &record;
    if (geteuid() == 0)
        return;
    getrlimit(RLIMIT_NPROC, &before);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    EXPECT(setrlimit(RLIMIT_NPROC, &none) == 0);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == STATUS_NO_MEMORY && handle == NULL);
    setrlimit(RLIMIT_NPROC, &before);
    EXPECT(record_count(&record) == 0);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

void shortage_cases(void)
{
    without_an_ipv6_stack_there_is_no_port();
    without_descriptors_nothing_is_registered();
    without_threads_nothing_is_registered();
}
