// SPDX-License-Identifier: GPL-2.0-or-later
// unload LIBRARY: loads the library, uses it on threads, and unloads it, again and again. After the last cancel nothing
// of it may be needed any more, not even by threads that have called it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netioapi.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static __typeof__(&GetTeredoPort) get;
static __typeof__(&NotifyTeredoPortChange) notify;
static __typeof__(&CancelMibChangeNotify2) cancel;
static int calls;

static void count(void *context, uint16_t port, teredo_notification_type_t type)
{
    (void)context;
    calls += port == 0 && type == MibInitialNotification;
}

/// Calls the library, then waits until it is unloaded.
static void *use(void *context)
{
    pthread_barrier_t *barrier = context;
    uint16_t port;
    teredo_handle_t handle;
    if (get(&port) != ERROR_NOT_READY || notify(count, NULL, 1, &handle) != STATUS_SUCCESS ||
        cancel(handle) != STATUS_SUCCESS)
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

int main(int argc, char **words)
{
    enum { ROUNDS = 5 };
    for (int round = 0; argc == 2 && round < ROUNDS; round++) {
        void *library = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
        if (!library) {
            puts(dlerror());
            return 1;
        }
        *(void **)&get = dlsym(library, "GetTeredoPort");
        *(void **)&notify = dlsym(library, "NotifyTeredoPortChange");
        *(void **)&cancel = dlsym(library, "CancelMibChangeNotify2");
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
    printf("%d calls\n", calls);
    return calls != ROUNDS;
}
