// SPDX-License-Identifier: GPL-2.0-or-later
// The threads and descriptors of this process.
#define _GNU_SOURCE
#include "suite.h"

#include <dirent.h>
#include <unistd.h>

int entries(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

// The kernel lists a thread for a moment after pthread_join has returned.
int threads_become(int count)
{
    for (int tries = 0; tries < 10000; tries++) {
        if (entries("/proc/self/task") == count)
            return 1;
        usleep(1000);
    }
    return 0;
}

int settled_threads(void)
{
    int count = entries("/proc/self/task");
    for (int same = 0; same < 50; same++) {
        usleep(1000);
        int now = entries("/proc/self/task");
        if (now != count) {
            count = now;
            same = 0;
        }
    }
    return count;
}
