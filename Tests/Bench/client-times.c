// SPDX-License-Identifier: GPL-2.0-or-later
// Preloaded into a Teredo client: records when the client calls bind and close for its service port, and when
// it sends the first packet from it.
//
// Each line of the file CLIENT_TIMES is "bind|send|close PORT NANOSECONDS", with the time of CLOCK_MONOTONIC
// before the call. The file is memory shared by all processes of the client, because the client closes all
// inherited descriptors and drops its privileges, so that it could not write a file later.
#define _GNU_SOURCE
#include "bench.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// The length of a line in bytes, and the maximum number of lines.
enum { LINE = 64, LINES = 16384 };

/// The contents of the file. The first 64 bytes are not lines.
struct notes {
    _Atomic uint32_t line_count;
    char padding[LINE - sizeof(uint32_t)];
    char lines[LINES][LINE];
};

static struct notes *notes;
static int service_socket = -1;
static unsigned service_port;
static int has_sent;

__attribute__((constructor)) static void map_notes(void)
{
    const char *path = getenv("CLIENT_TIMES");
    int file = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file < 0)
        return;
    if (ftruncate(file, sizeof *notes) == 0) {
        void *memory = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        notes = memory == MAP_FAILED ? NULL : memory;
    }
    close(file);
}

static void note(const char *what, unsigned port, uint64_t time)
{
    uint32_t line = notes ? atomic_fetch_add(&notes->line_count, 1) : LINES;
    if (line < LINES)
        snprintf(notes->lines[line], LINE, "%s %u %llu\n", what, port, (unsigned long long)time);
}

int bind(int descriptor, const struct sockaddr *address, socklen_t length)
{
    static int (*next)(int, const struct sockaddr *, socklen_t);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "bind");
    uint64_t time = now();
    int result = next(descriptor, address, length);
    struct sockaddr_in bound;
    socklen_t size = sizeof bound;
    if (result == 0 && address->sa_family == AF_INET
        && getsockname(descriptor, (struct sockaddr *)&bound, &size) == 0) {
        service_socket = descriptor;
        service_port = ntohs(bound.sin_port);
        has_sent = 0;
        note("bind", service_port, time);
    }
    return result;
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    static ssize_t (*next)(int, const struct msghdr *, int);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "sendmsg");
    if (descriptor == service_socket && service_socket >= 0 && !has_sent) {
        has_sent = 1;
        note("send", service_port, now());
    }
    return next(descriptor, message, flags);
}

int close(int descriptor)
{
    static int (*next)(int);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "close");
    if (descriptor == service_socket && service_socket >= 0) {
        service_socket = -1;
        note("close", service_port, now());
    }
    return next(descriptor);
}
