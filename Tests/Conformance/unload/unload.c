// SPDX-License-Identifier: GPL-2.0-or-later
// unload LIBRARY: repeatedly loads the library, calls it from a thread and unloads it: afterwards nothing may
// need its code, not even the thread that called it. Then closes the library with an active registration,
// which must go on working. Prints the number of initial notifications, and a line for each failure.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netioapi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __typeof__(&GetTeredoPort) get;
static __typeof__(&NotifyTeredoPortChange) notify;
static __typeof__(&CancelMibChangeNotify2) cancel;
static int calls;

/// Counts the initial notifications.
static void count(void *context, uint16_t port, teredo_notification_type_t type)
{
    (void)context;
    calls += port == 0 && type == MibInitialNotification;
}

/// Calls the library, then waits until unload_after_asking has unloaded it.
static void *use(void *context)
{
    pthread_barrier_t *barrier = context;
    uint16_t port;
    if (get(&port) != ERROR_NOT_READY)
        puts("a call failed");
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    return NULL;
}

static int is_mapped(void)
{
    char line[4096];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        found |= strstr(line, "libteredoport") != NULL;
    if (maps)
        fclose(maps);
    return found;
}

static void *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        puts(dlerror());
        exit(1);
    }
    *(void **)&get = dlsym(library, "GetTeredoPort");
    *(void **)&notify = dlsym(library, "NotifyTeredoPortChange");
    *(void **)&cancel = dlsym(library, "CancelMibChangeNotify2");
    return library;
}

static void unload_after_asking(const char *path)
{
    void *library = load(path);
    pthread_t thread;
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, use, &barrier);
    pthread_barrier_wait(&barrier);
    if (!is_mapped() || dlclose(library) != 0 || is_mapped())
        puts("the library is not unloaded");
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
}

static void unload_with_a_registration(const char *path)
{
    void *library = load(path);
    teredo_handle_t first, second;
    if (notify(count, NULL, 1, &first) != STATUS_SUCCESS)
        puts("registering failed");
    if (dlclose(library) != 0 || !is_mapped())
        puts("the library is unloaded with a registration");
    // An event that the thread of the library handles, and a callback.
    if (system("ip link set lo up") != 0 || notify(count, NULL, 1, &second) != STATUS_SUCCESS
        || cancel(second) != STATUS_SUCCESS || cancel(first) != STATUS_SUCCESS)
        puts("a call after unloading failed");
}

int main(int argc, char **words)
{
    enum { ROUNDS = 5 };
    if (argc != 2)
        return 2;
    for (int round = 0; round < ROUNDS; round++)
        unload_after_asking(words[1]);
    for (int round = 0; round < ROUNDS; round++)
        unload_with_a_registration(words[1]);
    printf("%d calls\n", calls);
    // unload_with_a_registration asks for two initial notifications.
    return calls != 2 * ROUNDS;
}
