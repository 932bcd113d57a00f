// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <unistd.h>

int clinux_clock_steps_open(int *descriptor)
{
    int timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer < 0)
        return -errno;
    // A timer that never expires; only its cancellation matters.
    struct itimerspec never = {.it_value.tv_sec = LONG_MAX};
    if (timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0) {
        int status = -errno;
        close(timer);
        return status;
    }
    *descriptor = timer;
    return 0;
}

int clinux_clock_step_take(int descriptor)
{
    uint64_t expirations;
    for (;;) {
        if (read(descriptor, &expirations, sizeof expirations) >= 0)
            return -EAGAIN;
        if (errno == ECANCELED)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
}
