// SPDX-License-Identifier: GPL-2.0-or-later
// Common to all cases: a process that stands for the Teredo client, a record of callbacks, and expectations.
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

extern int failures;

/// Starts the process that plays the client, with the current privileges of this process.
void player_start(uint32_t client_uid);
/// Makes the tunnel device of the client and binds its socket. Returns the port.
uint16_t client_start(void);
/// Binds another socket and closes the previous one. Returns the new port.
uint16_t client_restart(void);
void client_stop(void);
/// Binds a socket of this user (0: the client's user) without a tunnel device. Returns the port.
uint16_t socket_bind(uint32_t uid);
void socket_close(void);
/// Has the player bind a socket without a tunnel device and close it after two milliseconds. Returns before
/// the bind.
void client_live_briefly(void);
/// Runs a shell command in the process of player_start, with its privileges. Returns the exit status.
int privileged(const char *command);

/// One call of a port callback.
struct call {
    void *context;
    uint16_t port;
    teredo_notification_type_t type;
    pthread_t thread;
};

/// The calls of one or more registrations, in order.
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

/// A number that a thread can wait for.
struct flag {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int value;
};

// clang-format off
#define FLAG_INITIALIZER { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER }
// clang-format on

void flag_set(struct flag *flag, int value);
int flag_get(struct flag *flag);
/// Waits until the flag is at least `value`, at most 30 seconds. Returns the value of the flag.
int flag_wait(struct flag *flag, int value);

/// The number of entries of a directory, with `.` and `..`.
int entries(const char *path);
/// Waits until /proc/self/task has `count` entries, as `entries` counts them, at most 10 seconds. Returns 1
/// then, otherwise 0.
int threads_become(int count);
/// The number of entries in /proc/self/task once threads that have ended are no longer listed.
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
