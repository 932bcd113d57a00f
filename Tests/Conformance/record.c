// SPDX-License-Identifier: GPL-2.0-or-later
// Records of callbacks, and numbers that threads wait for.
#define _GNU_SOURCE
#include "suite.h"

#include <time.h>

int failures;

/// The time at which waiting ends, by the clock of pthread_cond_timedwait.
static struct timespec deadline(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 30;
    return end;
}

void record_call(void *context, uint16_t port, teredo_notification_type_t type)
{
    struct record *record = context;
    pthread_mutex_lock(&record->lock);
    if (record->count < (int)(sizeof record->calls / sizeof record->calls[0]))
        record->calls[record->count++] =
            (struct call){.context = context, .port = port, .type = type, .thread = pthread_self()};
    pthread_cond_broadcast(&record->changed);
    pthread_mutex_unlock(&record->lock);
}

int record_wait(struct record *record, int count)
{
    struct timespec end = deadline();
    pthread_mutex_lock(&record->lock);
    while (record->count < count && pthread_cond_timedwait(&record->changed, &record->lock, &end) == 0)
        ;
    int found = record->count;
    pthread_mutex_unlock(&record->lock);
    return found;
}

int record_count(struct record *record)
{
    pthread_mutex_lock(&record->lock);
    int count = record->count;
    pthread_mutex_unlock(&record->lock);
    return count;
}

void number_set(struct number *number, int value)
{
    pthread_mutex_lock(&number->lock);
    number->value = value;
    pthread_cond_broadcast(&number->changed);
    pthread_mutex_unlock(&number->lock);
}

int number_get(struct number *number)
{
    pthread_mutex_lock(&number->lock);
    int value = number->value;
    pthread_mutex_unlock(&number->lock);
    return value;
}

int number_wait(struct number *number, int value)
{
    struct timespec end = deadline();
    pthread_mutex_lock(&number->lock);
    while (number->value < value && pthread_cond_timedwait(&number->changed, &number->lock, &end) == 0)
        ;
    int found = number->value;
    pthread_mutex_unlock(&number->lock);
    return found;
}
