// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/// Builds an abstract address: its name begins with a zero byte and ends with the address's length.
static int abstract_address(const char *name, struct sockaddr_un *address, socklen_t *length)
{
    size_t count = strlen(name);
    if (count == 0 || count > sizeof address->sun_path - 1)
        return -ENAMETOOLONG;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path + 1, name, count);
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + count);
    return 0;
}

/// Builds the address and opens a socket for it. Returns the descriptor or -errno.
static int open_abstract(const char *name, struct sockaddr_un *address, socklen_t *length)
{
    int status = abstract_address(name, address, length);
    if (status < 0)
        return status;
    int number = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return number < 0 ? -errno : number;
}

enum {
    /// The length of the listener's queue: the number of connections that may wait to be accepted.
    MAX_WAITING = 16,
};

int clinux_abstract_listen(const char *name, int *descriptor)
{
    struct sockaddr_un address;
    socklen_t length = 0;
    int number = open_abstract(name, &address, &length);
    if (number < 0)
        return number;
    if (bind(number, (struct sockaddr *)&address, length) < 0 || listen(number, MAX_WAITING) < 0) {
        int status = -errno;
        (void)close(number);
        return status;
    }
    *descriptor = number;
    return 0;
}

int clinux_abstract_connect(const char *name, int *descriptor)
{
    struct sockaddr_un address;
    socklen_t length = 0;
    int number = open_abstract(name, &address, &length);
    if (number < 0)
        return number;
    if (connect(number, (struct sockaddr *)&address, length) < 0) {
        int status = -errno;
        (void)close(number);
        return status;
    }
    *descriptor = number;
    return 0;
}
