// SPDX-License-Identifier: GPL-2.0-or-later
// Clients other than the default: another user, with or without a name, or the sockets of one service only.
#include "suite.h"

#include <stdlib.h>

/// A user number without a name, as in a container that has no such user.
enum { NAMELESS = 61234 };

static void a_user_without_a_name_is_a_client(void)
{
    // "61234" is NAMELESS.
    const TEREDO_CLIENT nameless = {.User = "61234"}, other = {.User = "no-such-user-4711"};
    struct record record = RECORD_INITIALIZER, others = RECORD_INITIALIZER;
    teredo_handle_t handle = NULL, second = NULL;
    TEREDO_SYSTEM_PORTS *ports = NULL;
    uint16_t port = 0;
    EXPECT(NotifyTeredoPortChangeOf(&nameless, record_call, &record, 0, &handle) == STATUS_SUCCESS);
    EXPECT(NotifyTeredoPortChange(record_call, &others, 0, &second) == STATUS_SUCCESS);
    uint16_t bound = socket_bind(NAMELESS);
    EXPECT(GetTeredoPort(&port) == ERROR_NOT_READY && port == 0);
    EXPECT(GetTeredoPortOf(NULL, &port) == ERROR_NOT_READY && port == 0);
    EXPECT(GetTeredoPortOf(&other, &port) == ERROR_NOT_READY && port == 0);
    EXPECT(GetTeredoPortOf(&nameless, &port) == STATUS_SUCCESS && port == bound);
    EXPECT(TeredoSystemPortsGetOf(&nameless, &ports) == STATUS_SUCCESS && ports->types[0].numPorts == 1);
    FreeMibTable(ports);
    EXPECT(record_wait(&record, 1) == 1 && record.calls[0].port == bound);
    socket_close();
    EXPECT(record_wait(&record, 2) == 2);
    EXPECT(record_count(&others) == 0);
    EXPECT(
        CancelMibChangeNotify2(handle) == STATUS_SUCCESS && CancelMibChangeNotify2(second) == STATUS_SUCCESS);
}

static void a_unit_narrows_the_user(void)
{
    // No such service runs, so the client has no socket.
    const TEREDO_CLIENT service = {.Unit = "no-such-4711.service"}, any = {.Unit = ""};
    uint16_t port = 0, bound = socket_bind(0);
    EXPECT(GetTeredoPortOf(&service, &port) == ERROR_NOT_READY && port == 0);
    EXPECT(GetTeredoPortOf(&any, &port) == STATUS_SUCCESS && port == bound);
    socket_close();
}

static void names_that_are_not_valid_are_refused(void)
{
    const TEREDO_CLIENT nobody = {.User = ""}, path = {.Unit = "../miredo.service"};
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = &record;
    TEREDO_SYSTEM_PORTS *ports = (TEREDO_SYSTEM_PORTS *)&record;
    uint16_t port = 4711;
    int descriptor = 4711;
    EXPECT(GetTeredoPortOf(&nobody, &port) == STATUS_INVALID_PARAMETER && port == 0);
    EXPECT(NotifyTeredoPortChangeOf(&path, record_call, &record, 1, &handle) == STATUS_INVALID_PARAMETER);
    EXPECT(handle == NULL && record_count(&record) == 0);
    EXPECT(TeredoSystemPortsGetOf(&path, &ports) == STATUS_INVALID_PARAMETER && ports == NULL);
    EXPECT(TeredoPortOpen(&nobody, &handle, &descriptor) == STATUS_INVALID_PARAMETER && descriptor == -1);
}

void choice_cases(void)
{
    a_user_without_a_name_is_a_client();
    a_unit_narrows_the_user();
    names_that_are_not_valid_are_refused();
}
