// SPDX-License-Identifier: GPL-2.0-or-later
// Ending registrations, and large numbers of them.
#define _GNU_SOURCE
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void cancelling_needs_a_live_handle(void)
{
    struct record record = RECORD_INITIALIZER;
    teredo_handle_t handle = NULL, next = NULL;
    EXPECT(CancelMibChangeNotify2(NULL) == STATUS_INVALID_PARAMETER);
    EXPECT(CancelMibChangeNotify2((teredo_handle_t)&record) == ERROR_INVALID_HANDLE);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 0, &handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    EXPECT(CancelMibChangeNotify2(handle) == ERROR_INVALID_HANDLE);
    // An old handle does not cancel the registration that came after it.
    EXPECT(NotifyTeredoPortChange(record_call, &record, 0, &next) == STATUS_SUCCESS);
    EXPECT(next != handle);
    EXPECT(CancelMibChangeNotify2(handle) == ERROR_INVALID_HANDLE);
    EXPECT(CancelMibChangeNotify2(next) == STATUS_SUCCESS);
}

/// The state of a callback that cancels the registration `handle`. The callback stores the result in `status` and then
/// increases `calls`. Before the next call, the tests set `calls` to the value that it already has: the lock of the
/// number then orders their accesses to the other members before those of the callback.
struct cancelling {
    struct number calls;
    teredo_handle_t handle;
    teredo_status_t status;
};

static void cancel_inside(void *context, uint16_t port, teredo_notification_type_t type)
{
    struct cancelling *cancelling = context;
    (void)port;
    (void)type;
    int calls = number_get(&cancelling->calls);
    cancelling->status = CancelMibChangeNotify2(cancelling->handle);
    number_set(&cancelling->calls, calls + 1);
}

static void a_registration_cannot_be_cancelled_in_its_own_callback(void)
{
    struct cancelling own = {.calls = NUMBER_INITIALIZER, .status = -1};
    EXPECT(NotifyTeredoPortChange(cancel_inside, &own, 0, &own.handle) == STATUS_SUCCESS);
    number_set(&own.calls, 0);
    client_start();
    EXPECT(number_wait(&own.calls, 1) == 1 && own.status == STATUS_POSSIBLE_DEADLOCK);
    // The registration stays in force.
    number_set(&own.calls, 1);
    client_stop();
    EXPECT(number_wait(&own.calls, 2) == 2 && own.status == STATUS_POSSIBLE_DEADLOCK);
    EXPECT(CancelMibChangeNotify2(own.handle) == STATUS_SUCCESS);
}

static void the_handle_is_stored_before_the_first_callback(void)
{
    struct cancelling own = {.calls = NUMBER_INITIALIZER, .status = -1};
    errno = 4711;
    EXPECT(NotifyTeredoPortChange(cancel_inside, &own, 1, &own.handle) == STATUS_SUCCESS);
    EXPECT(errno == 4711);
    EXPECT(number_get(&own.calls) == 1 && own.status == STATUS_POSSIBLE_DEADLOCK);
    EXPECT(CancelMibChangeNotify2(own.handle) == STATUS_SUCCESS);
    EXPECT(errno == 4711);
}

/// The state of a callback that returns only when `leave` is 1, while two threads cancel its registration.
struct blocked {
    struct number entered;
    struct number leave;
    struct number left;
    /// The number of threads whose call has returned.
    struct number done;
    teredo_handle_t handle;
    /// The status of the call that succeeded, and that of the other.
    teredo_status_t status[2];
    /// The number of threads whose call returned before the callback did.
    int early;
};

static void stay_inside(void *context, uint16_t port, teredo_notification_type_t type)
{
    struct blocked *blocked = context;
    (void)port;
    (void)type;
    number_set(&blocked->entered, 1);
    number_wait(&blocked->leave, 1);
    number_set(&blocked->left, 1);
}

static void *cancel_blocked(void *context)
{
    struct blocked *blocked = context;
    teredo_status_t status = CancelMibChangeNotify2(blocked->handle);
    int left = number_get(&blocked->left);
    int done = number_get(&blocked->done);
    __atomic_add_fetch(&blocked->early, !left, __ATOMIC_SEQ_CST);
    blocked->status[status == STATUS_SUCCESS ? 0 : 1] = status;
    number_set(&blocked->done, done + 1);
    return NULL;
}

static void two_cancelling_threads_wait_for_the_callback(void)
{
    struct blocked blocked = {
        .entered = NUMBER_INITIALIZER,
        .leave = NUMBER_INITIALIZER,
        .left = NUMBER_INITIALIZER,
        .done = NUMBER_INITIALIZER,
        .status = {-1, -1}};
    pthread_t threads[2];
    EXPECT(NotifyTeredoPortChange(stay_inside, &blocked, 0, &blocked.handle) == STATUS_SUCCESS);
    client_start();
    EXPECT(number_wait(&blocked.entered, 1) == 1);
    for (int index = 0; index < 2; index++)
        EXPECT(pthread_create(&threads[index], NULL, cancel_blocked, &blocked) == 0);
    // Enough time for a call that returns without waiting, which would be a fault.
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    EXPECT(number_get(&blocked.done) == 0);
    number_set(&blocked.leave, 1);
    for (int index = 0; index < 2; index++)
        pthread_join(threads[index], NULL);
    EXPECT(blocked.early == 0);
    EXPECT(blocked.status[0] == STATUS_SUCCESS && blocked.status[1] == ERROR_INVALID_HANDLE);
    client_stop();
}

static void a_callback_can_cancel_another_registration(void)
{
    struct record record = RECORD_INITIALIZER;
    struct cancelling other = {.calls = NUMBER_INITIALIZER, .status = -1};
    teredo_handle_t handle = NULL;
    EXPECT(NotifyTeredoPortChange(cancel_inside, &other, 0, &handle) == STATUS_SUCCESS);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 0, &other.handle) == STATUS_SUCCESS);
    number_set(&other.calls, 0);
    client_start();
    EXPECT(number_wait(&other.calls, 1) == 1 && other.status == STATUS_SUCCESS);
    number_set(&other.calls, 1);
    client_stop();
    EXPECT(number_wait(&other.calls, 2) == 2 && other.status == ERROR_INVALID_HANDLE);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    EXPECT(record_count(&record) == 0);
}

/// The longest pause of a slow callback, and before a cancellation, in nanoseconds.
enum { LONGEST_PAUSE = 400000 };

/// The state of a slow callback, and the forbidden calls that it has counted.
struct sleeper {
    struct number entered;
    struct number cancelled;
    /// The number of times that the callback ran after the cancellation had returned.
    int late;
    /// The number of calls in progress.
    int inside;
    /// The number of calls that began while another one was in progress.
    int overlaps;
};

static void sleep_inside(void *context, uint16_t port, teredo_notification_type_t type)
{
    struct sleeper *sleeper = context;
    (void)port;
    (void)type;
    if (__atomic_add_fetch(&sleeper->inside, 1, __ATOMIC_SEQ_CST) != 1)
        sleeper->overlaps++;
    if (number_get(&sleeper->cancelled))
        sleeper->late++;
    number_set(&sleeper->entered, 1);
    nanosleep(&(struct timespec){.tv_nsec = rand() % LONGEST_PAUSE}, NULL);
    if (number_get(&sleeper->cancelled))
        sleeper->late++;
    __atomic_sub_fetch(&sleeper->inside, 1, __ATOMIC_SEQ_CST);
}

static void no_call_after_cancel_returned(int rounds)
{
    int late = 0, overlaps = 0;
    client_start();
    for (int round = 0; round < rounds; round++) {
        struct sleeper sleeper = {.entered = NUMBER_INITIALIZER, .cancelled = NUMBER_INITIALIZER};
        teredo_handle_t handle = NULL;
        EXPECT(NotifyTeredoPortChange(sleep_inside, &sleeper, 0, &handle) == STATUS_SUCCESS);
        client_restart();
        // Half of the rounds cancel while the callback runs, the others near its beginning.
        if (round % 2)
            EXPECT(number_wait(&sleeper.entered, 1) == 1);
        else
            nanosleep(&(struct timespec){.tv_nsec = rand() % LONGEST_PAUSE}, NULL);
        EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
        number_set(&sleeper.cancelled, 1);
        EXPECT(sleeper.inside == 0);
        // A change that must not lead to a call any more.
        client_restart();
        late += sleeper.late;
        overlaps += sleeper.overlaps;
    }
    client_stop();
    EXPECT(late == 0);
    EXPECT(overlaps == 0);
}

void cancel_cases(void)
{
    cancelling_needs_a_live_handle();
    a_registration_cannot_be_cancelled_in_its_own_callback();
    the_handle_is_stored_before_the_first_callback();
    two_cancelling_threads_wait_for_the_callback();
    a_callback_can_cancel_another_registration();
    no_call_after_cancel_returned(1000);
}

/// One of many registrations.
struct member {
    teredo_handle_t handle;
    /// The port by the calls so far; 0 for none.
    uint16_t port;
    /// The number of calls in progress.
    int inside;
    int calls;
    /// The number of calls that began while another one of this registration was in progress.
    int overlaps;
};

static void take_part(void *context, uint16_t port, teredo_notification_type_t type)
{
    struct member *member = context;
    if (__atomic_add_fetch(&member->inside, 1, __ATOMIC_SEQ_CST) != 1)
        member->overlaps++;
    __atomic_store_n(&member->port, type == MibDeleteInstance ? 0 : port, __ATOMIC_SEQ_CST);
    member->calls++;
    __atomic_sub_fetch(&member->inside, 1, __ATOMIC_SEQ_CST);
}

/// With 1000 registrations and a client that restarts 100 times, every callback gets the last port, and no more calls
/// than there were changes.
void crowd_cases(void)
{
    enum { CROWD = 1000, RESTARTS = 100 };
    struct member *crowd = calloc(CROWD, sizeof *crowd);
    for (int index = 0; index < CROWD; index++)
        EXPECT(NotifyTeredoPortChange(take_part, &crowd[index], 0, &crowd[index].handle) == STATUS_SUCCESS);
    uint16_t port = client_start();
    for (int restart = 0; restart < RESTARTS; restart++)
        port = client_restart();
    // The number of registrations whose callback has not yet got the last port.
    int behind = CROWD;
    for (int attempt = 0; attempt < 30000 && behind; attempt++) {
        behind = 0;
        for (int index = 0; index < CROWD; index++)
            behind += __atomic_load_n(&crowd[index].port, __ATOMIC_SEQ_CST) != port;
        usleep(1000);
    }
    EXPECT(behind == 0);
    for (int index = 0; index < CROWD; index++) {
        EXPECT(CancelMibChangeNotify2(crowd[index].handle) == STATUS_SUCCESS);
        EXPECT(crowd[index].overlaps == 0);
        EXPECT(crowd[index].calls >= 1 && crowd[index].calls <= RESTARTS + 1);
    }
    client_stop();
    free(crowd);
}
