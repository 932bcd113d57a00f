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

/// The state of a callback that cancels a registration, and the result of the last call, which is set before
/// `calls` is increased. The tests set `calls` to the value that it has, since the lock of the flag then orders
/// their accesses to the other members before those of the next call.
struct cancelling {
    struct flag calls;
    teredo_handle_t handle;
    teredo_status_t status;
};

static void cancel_inside(void *context, uint16_t port, teredo_notification_type_t type)
{
    struct cancelling *cancelling = context;
    (void)port;
    (void)type;
    int calls = flag_get(&cancelling->calls);
    cancelling->status = CancelMibChangeNotify2(cancelling->handle);
    flag_set(&cancelling->calls, calls + 1);
}

static void a_registration_cannot_be_cancelled_in_its_own_callback(void)
{
    struct cancelling own = {.calls = FLAG_INITIALIZER, .status = -1};
    EXPECT(NotifyTeredoPortChange(cancel_inside, &own, 0, &own.handle) == STATUS_SUCCESS);
    flag_set(&own.calls, 0);
    client_start();
    EXPECT(flag_wait(&own.calls, 1) == 1 && own.status == STATUS_POSSIBLE_DEADLOCK);
    // The registration stays in force.
    flag_set(&own.calls, 1);
    client_stop();
    EXPECT(flag_wait(&own.calls, 2) == 2 && own.status == STATUS_POSSIBLE_DEADLOCK);
    EXPECT(CancelMibChangeNotify2(own.handle) == STATUS_SUCCESS);
}

static void the_handle_is_stored_before_the_first_callback(void)
{
    struct cancelling own = {.calls = FLAG_INITIALIZER, .status = -1};
    errno = 4711;
    EXPECT(NotifyTeredoPortChange(cancel_inside, &own, 1, &own.handle) == STATUS_SUCCESS);
    EXPECT(errno == 4711);
    EXPECT(flag_get(&own.calls) == 1 && own.status == STATUS_POSSIBLE_DEADLOCK);
    EXPECT(CancelMibChangeNotify2(own.handle) == STATUS_SUCCESS);
    EXPECT(errno == 4711);
}

/// The state of a callback that waits for permission to return, while two threads cancel its registration.
struct contest {
    struct flag entered;
    struct flag leave;
    struct flag left;
    struct flag done;
    teredo_handle_t handle;
    /// The status of the call that succeeded, and that of the other.
    teredo_status_t status[2];
    /// The number of threads whose call returned before the callback did.
    int early;
};

static void stay_inside(void *context, uint16_t port, teredo_notification_type_t type)
{
    struct contest *contest = context;
    (void)port;
    (void)type;
    flag_set(&contest->entered, 1);
    flag_wait(&contest->leave, 1);
    flag_set(&contest->left, 1);
}

static void *cancel_beside(void *context)
{
    struct contest *contest = context;
    teredo_status_t status = CancelMibChangeNotify2(contest->handle);
    int left = flag_get(&contest->left);
    int done = flag_get(&contest->done);
    __atomic_add_fetch(&contest->early, !left, __ATOMIC_SEQ_CST);
    contest->status[status == STATUS_SUCCESS ? 0 : 1] = status;
    flag_set(&contest->done, done + 1);
    return NULL;
}

static void two_cancelling_threads_wait_for_the_callback(void)
{
    struct contest contest = {
        .entered = FLAG_INITIALIZER,
        .leave = FLAG_INITIALIZER,
        .left = FLAG_INITIALIZER,
        .done = FLAG_INITIALIZER,
        .status = {-1, -1}};
    pthread_t threads[2];
    EXPECT(NotifyTeredoPortChange(stay_inside, &contest, 0, &contest.handle) == STATUS_SUCCESS);
    client_start();
    EXPECT(flag_wait(&contest.entered, 1) == 1);
    for (int index = 0; index < 2; index++)
        EXPECT(pthread_create(&threads[index], NULL, cancel_beside, &contest) == 0);
    // Enough time for a call that returns without waiting, which would be a fault.
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    EXPECT(flag_get(&contest.done) == 0);
    flag_set(&contest.leave, 1);
    for (int index = 0; index < 2; index++)
        pthread_join(threads[index], NULL);
    EXPECT(contest.early == 0);
    EXPECT(contest.status[0] == STATUS_SUCCESS && contest.status[1] == ERROR_INVALID_HANDLE);
    client_stop();
}

static void a_callback_can_cancel_another_registration(void)
{
    struct record record = RECORD_INITIALIZER;
    struct cancelling other = {.calls = FLAG_INITIALIZER, .status = -1};
    teredo_handle_t handle = NULL;
    EXPECT(NotifyTeredoPortChange(cancel_inside, &other, 0, &handle) == STATUS_SUCCESS);
    EXPECT(NotifyTeredoPortChange(record_call, &record, 0, &other.handle) == STATUS_SUCCESS);
    flag_set(&other.calls, 0);
    client_start();
    EXPECT(flag_wait(&other.calls, 1) == 1 && other.status == STATUS_SUCCESS);
    flag_set(&other.calls, 1);
    client_stop();
    EXPECT(flag_wait(&other.calls, 2) == 2 && other.status == ERROR_INVALID_HANDLE);
    EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
    EXPECT(record_count(&record) == 0);
}

/// The state of a slow callback, and the violations that it has counted.
struct sleeper {
    struct flag entered;
    struct flag cancelled;
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
    if (flag_get(&sleeper->cancelled))
        sleeper->late++;
    flag_set(&sleeper->entered, 1);
    nanosleep(&(struct timespec){.tv_nsec = rand() % 400000}, NULL);
    if (flag_get(&sleeper->cancelled))
        sleeper->late++;
    __atomic_sub_fetch(&sleeper->inside, 1, __ATOMIC_SEQ_CST);
}

static void no_call_after_cancel_returned(int rounds)
{
    int late = 0, overlaps = 0;
    client_start();
    for (int round = 0; round < rounds; round++) {
        struct sleeper sleeper = {.entered = FLAG_INITIALIZER, .cancelled = FLAG_INITIALIZER};
        teredo_handle_t handle = NULL;
        EXPECT(NotifyTeredoPortChange(sleep_inside, &sleeper, 0, &handle) == STATUS_SUCCESS);
        client_restart();
        // Half of the rounds cancel while the callback runs, the others near its beginning.
        if (round % 2)
            EXPECT(flag_wait(&sleeper.entered, 1) == 1);
        else
            nanosleep(&(struct timespec){.tv_nsec = rand() % 400000}, NULL);
        EXPECT(CancelMibChangeNotify2(handle) == STATUS_SUCCESS);
        flag_set(&sleeper.cancelled, 1);
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
    int violations;
};

static void take_part(void *context, uint16_t port, teredo_notification_type_t type)
{
    struct member *member = context;
    if (__atomic_add_fetch(&member->inside, 1, __ATOMIC_SEQ_CST) != 1)
        member->violations++;
    __atomic_store_n(&member->port, type == MibDeleteInstance ? 0 : port, __ATOMIC_SEQ_CST);
    member->calls++;
    __atomic_sub_fetch(&member->inside, 1, __ATOMIC_SEQ_CST);
}

/// 1000 registrations and a client that restarts 100 times.
void crowd_cases(void)
{
    enum { CROWD = 1000, RESTARTS = 100 };
    struct member *crowd = calloc(CROWD, sizeof *crowd);
    for (int index = 0; index < CROWD; index++)
        EXPECT(NotifyTeredoPortChange(take_part, &crowd[index], 0, &crowd[index].handle) == STATUS_SUCCESS);
    uint16_t port = client_start();
    for (int restart = 0; restart < RESTARTS; restart++)
        port = client_restart();
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
        EXPECT(crowd[index].violations == 0);
        EXPECT(crowd[index].calls >= 1 && crowd[index].calls <= RESTARTS + 1);
    }
    client_stop();
    free(crowd);
}
