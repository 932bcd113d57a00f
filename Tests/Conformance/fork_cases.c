// SPDX-License-Identifier: GPL-2.0-or-later
// A forked child has no registrations, and can make registrations of its own. The last cancellation ends the library's
// threads and closes its descriptors.
#define _GNU_SOURCE
#include "suite.h"

#include <sys/wait.h>
#include <unistd.h>

/// Runs in the forked child. Returns the exit status.
static int child(teredo_handle_t inherited, struct record *record)
{
    teredo_handle_t own = NULL;
    uint16_t port = 0;
    EXPECT(CancelMibChangeNotify2(inherited) == ERROR_INVALID_HANDLE);
    EXPECT(GetTeredoPort(&port) == STATUS_SUCCESS && port != 0);
    EXPECT(NotifyTeredoPortChange(record_call, record, 1, &own) == STATUS_SUCCESS);
    EXPECT(own != inherited);
    EXPECT(record_count(record) == 1);
    EXPECT(CancelMibChangeNotify2(own) == STATUS_SUCCESS);
    fflush(stdout);
    return failures != 0;
}

static void a_forked_child_has_no_registrations(void)
{
    struct record record = RECORD_INITIALIZER, in_child = RECORD_INITIALIZER;
    teredo_handle_t handle = NULL;
    EXPECT(NotifyTeredoPortChange(record_call, &record, 0, &handle) == STATUS_SUCCESS);
    client_start();
    EXPECT(record_wait(&record, 1) == 1);
    fflush(stdout);
    pid_t process = fork();
    if (process == 0) {
        alarm(60);
        _exit(child(handle, &in_child));
    }
    int status = -1;
    EXPECT(waitpid(process, &status, 0) == process && status == 0);
    // The registration of the parent is not affected.
    client_stop();
    EXPECT(record_wait(&record, 2) == 2);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
}

static void the_last_cancel_leaves_neither_threads_nor_descriptors(void)
{
    struct record record = RECORD_INITIALIZER;
    int threads = settled_threads(), descriptors = entries("/proc/self/fd"), descriptor;
    for (int round = 0; round < 100; round++) {
        teredo_handle_t first = NULL, second = NULL;
        EXPECT(NotifyTeredoPortChange(record_call, &record, 1, &first) == STATUS_SUCCESS);
        EXPECT(NotifyTeredoPortChange(record_call, &record, 0, &second) == STATUS_SUCCESS);
        // The threads that watch the client and call back; an eventfd and three netlink sockets.
        EXPECT(threads_become(threads + 2));
        EXPECT(entries("/proc/self/fd") <= descriptors + 4);
        EXPECT(CancelMibChangeNotify2(first) == STATUS_SUCCESS);
        EXPECT(CancelMibChangeNotify2(second) == STATUS_SUCCESS);
    }
    EXPECT(threads_become(threads));
    EXPECT(entries("/proc/self/fd") == descriptors);
    teredo_handle_t polled = NULL;
    EXPECT(TeredoPortOpen(NULL, &polled, &descriptor) == STATUS_SUCCESS);
    EXPECT(threads_become(threads));
    // A timer, three netlink sockets, and the epoll descriptor for all of them.
    EXPECT(entries("/proc/self/fd") <= descriptors + 5);
    EXPECT(CancelMibChangeNotify2(polled) == STATUS_SUCCESS);
    EXPECT(entries("/proc/self/fd") == descriptors);
}

void fork_cases(void)
{
    the_last_cancel_leaves_neither_threads_nor_descriptors();
    a_forked_child_has_no_registrations();
}
