// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "suite.h"

#include <time.h>

int failures;

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

void flag_set(struct flag *flag, int value)
{
    pthread_mutex_lock(&flag->lock);
    flag->value = value;
    pthread_cond_broadcast(&flag->changed);
    pthread_mutex_unlock(&flag->lock);
}

int flag_get(struct flag *flag)
{
    pthread_mutex_lock(&flag->lock);
    int value = flag->value;
    pthread_mutex_unlock(&flag->lock);
    return value;
}

int flag_wait(struct flag *flag, int value)
{
    struct timespec end = deadline();
    pthread_mutex_lock(&flag->lock);
    while (flag->value < value && pthread_cond_timedwait(&flag->changed, &flag->lock, &end) == 0)
        ;
    int found = flag->value;
    pthread_mutex_unlock(&flag->lock);
    return found;
}
