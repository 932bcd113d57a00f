// SPDX-License-Identifier: GPL-2.0-or-later
// Common to all cases: a process that stands for the Teredo client, a record of callbacks, and expectations.
//
// In the cases, 4711 is an arbitrary value: of an output that a call must set, or of errno, which it must not change.
#ifndef SUITE_H
#define SUITE_H

#include <netioapi.h>
#include <pthread.h>
#include <stdio.h>

/// Counts and prints an expectation that is false.
#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            failures++;                                                                                      \
            printf("%s:%d: %s: expected %s\n", __FILE__, __LINE__, __func__, #condition);                    \
        }                                                                                                    \
    } while (0)

/// The number of expectations that were false.
extern int failures;

/// Starts the process that stands for the client (player.c), with the current privileges of this process.
void player_start(uint32_t client_uid);
/// Makes the tunnel device of the client and binds its socket. Returns the port.
uint16_t client_start(void);
/// Binds another socket and closes the previous one. Returns the new port.
uint16_t client_restart(void);
/// Closes the client's socket and removes its tunnel device.
void client_stop(void);
/// Binds a socket of this user (0: the client's user) without a tunnel device. Returns the port.
uint16_t socket_bind(uint32_t uid);
/// Closes the socket of socket_bind.
void socket_close(void);
/// Makes the process of player_start bind a socket without a tunnel device and close it after two milliseconds.
/// Returns before the bind.
void client_live_briefly(void);
/// Runs a shell command of at most 499 bytes in the process of player_start, with its privileges. Returns the
/// wait status of the shell, which is 0 if the command succeeds.
int privileged(const char *command);

/// One call of a port callback.
struct call {
    void *context;
    uint16_t port;
    teredo_notification_type_t type;
    pthread_t thread;
};

/// The calls of one or more registrations, in order. Calls beyond the size of the array are not recorded.
struct record {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct call calls[256];
    int count;
};

// Different versions of clang-format disagree about these lines.
// clang-format off
#define RECORD_INITIALIZER { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER }
// clang-format on

/// A port callback whose context is a `struct record`.
void record_call(void *context, uint16_t port, teredo_notification_type_t type);
/// Waits until there are `count` calls, at most 30 seconds. Returns the number of calls.
int record_wait(struct record *record, int count);
int record_count(struct record *record);

/// A number that is shared by threads and that a thread can wait for.
struct number {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int value;
};

// clang-format off
#define NUMBER_INITIALIZER { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER }
// clang-format on

void number_set(struct number *number, int value);
int number_get(struct number *number);
/// Waits until the number is at least `value`, at most 30 seconds. Returns the number.
int number_wait(struct number *number, int value);

/// The number of entries of a directory, with `.` and `..`.
int entries(const char *path);
/// Waits until /proc/self/task has `count` entries, as `entries` counts them, at most 10 seconds. Returns 1
/// then, otherwise 0.
int threads_become(int count);
/// The number of entries in /proc/self/task once it has not changed for 50 ms, since the kernel lists a thread for
/// a moment after its end.
int settled_threads(void);

void port_cases(void);
void answer_cases(void);
void choice_cases(void);
void poll_cases(void);
void cancel_cases(void);
void crowd_cases(void);
void address_cases(void);
void fork_cases(void);
void shortage_cases(void);

#endif
