// SPDX-License-Identifier: GPL-2.0-or-later
// Measures what libteredoport costs a program, and prints it as JSON members.
//
//   port-cost get SOCKETS LIBRARY   the processor time of GetTeredoPort on a host without a client, with SOCKETS UDP
//                                   sockets of other processes
//   port-cost hold SOCKETS          binds SOCKETS UDP sockets and keeps them until it is killed; prints "held" when all are
//                                   bound
//   port-cost load LIBRARY          the time of dlopen, and the memory, threads and descriptors that a registration adds to a
//                                   program: one with a callback, and one with a descriptor
#define _GNU_SOURCE
#include "samples.h"

#include <dirent.h>
#include <dlfcn.h>
#include <netioapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double microseconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static void fail(const char *what)
{
    fprintf(stderr, "port-cost: %s\n", what);
    exit(1);
}

static void ignore(void *context, uint16_t port, teredo_notification_type_t type)
{
    (void)context;
    (void)port;
    (void)type;
}

// ---- The cost of GetTeredoPort

static double median_cost(teredo_status_t (*get)(uint16_t *))
{
    enum { ROUNDS = 101 };
    static double values[ROUNDS];
    uint16_t port;
    for (int round = 0; round < ROUNDS; round++) {
        double start = microseconds(CLOCK_THREAD_CPUTIME_ID);
        if (get(&port) != ERROR_NOT_READY)
            fail("there is a client");
        values[round] = microseconds(CLOCK_THREAD_CPUTIME_ID) - start;
    }
    return median(values, ROUNDS);
}

static void measure_calls(void *library, int sockets)
{
    __typeof__(&GetTeredoPort) get;
    *(void **)&get = dlsym(library, "GetTeredoPort");
    hold_sockets(sockets);
    printf("\"get_without_client_%d_cpu_us\": %.1f,\n", sockets, median_cost(get));
}

// ---- The cost of loading the library and of a registration

/// The resources that a process uses; memory in kB.
struct footprint {
    long resident;
    long anonymous;
    int threads;
    int descriptors;
};

static int entries(const char *path)
{
    int count = -2; // without "." and ".."
    DIR *directory = opendir(path);
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static struct footprint read_footprint(void)
{
    struct footprint found = {.threads = entries("/proc/self/task"), .descriptors = entries("/proc/self/fd")};
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        sscanf(line, "VmRSS: %ld kB", &found.resident);
        sscanf(line, "RssAnon: %ld kB", &found.anonymous);
    }
    if (status)
        fclose(status);
    return found;
}

static void print_added(const char *name, struct footprint before, struct footprint after)
{
    printf(
        "\"%s_resident_kB\": %ld,\n\"%s_anonymous_kB\": %ld,\n\"%s_threads\": %d,\n\"%s_descriptors\": %d,\n",
        name, after.resident - before.resident, name, after.anonymous - before.anonymous, name,
        after.threads - before.threads, name, after.descriptors - before.descriptors);
}

/// Prints what one registration adds. In a child process, because the library stays loaded after a registration.
static void measure_registration(const char *name, const char *path, int with_descriptor)
{
    __typeof__(&NotifyTeredoPortChange) notify;
    __typeof__(&TeredoPortOpen) open_port;
    teredo_handle_t handle;
    int descriptor;
    fflush(stdout);
    if (fork() == 0) {
        // Twice, because the first measurement itself allocates.
        read_footprint();
        struct footprint before = read_footprint();
        void *library = dlopen(path, RTLD_NOW);
        if (!library)
            fail(dlerror());
        *(void **)&notify = dlsym(library, "NotifyTeredoPortChange");
        *(void **)&open_port = dlsym(library, "TeredoPortOpen");
        teredo_status_t status =
            with_descriptor ? open_port(NULL, &handle, &descriptor) : notify(ignore, NULL, 1, &handle);
        if (status != STATUS_SUCCESS)
            fail("cannot register");
        print_added(name, before, read_footprint());
        fflush(stdout);
        _exit(0);
    }
    int ended = 1;
    if (wait(&ended) < 0 || ended != 0)
        fail("a child failed");
}

static void load(const char *path)
{
    enum { ROUNDS = 51 };
    static double values[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        double start = microseconds(CLOCK_MONOTONIC);
        void *library = dlopen(path, RTLD_NOW);
        values[round] = microseconds(CLOCK_MONOTONIC) - start;
        // Without a registration, the library can be unloaded again.
        if (!library || dlclose(library) != 0)
            fail(dlerror());
    }
    printf("\"dlopen_us\": %.1f,\n", median(values, ROUNDS));
    measure_registration("callback", path, 0);
    measure_registration("descriptor", path, 1);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "load") == 0) {
        load(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "hold") == 0) {
        hold_sockets(atoi(argv[2]));
        puts("held");
        fflush(stdout);
        pause();
    } else if (argc == 4 && strcmp(argv[1], "get") == 0) {
        void *library = dlopen(argv[3], RTLD_NOW);
        if (!library)
            fail(dlerror());
        measure_calls(library, atoi(argv[2]));
    } else {
        fprintf(
            stderr,
            "usage: port-cost get SOCKETS LIBRARY | port-cost hold SOCKETS | port-cost load LIBRARY\n");
        return 2;
    }
    return 0;
}
