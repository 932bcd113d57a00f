// SPDX-License-Identifier: GPL-2.0-or-later
// The player: the process that stands for the Teredo client. It keeps the privileges that the suite drops.
#define _GNU_SOURCE
#include "suite.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// A request to the player, which answers with a number.
struct request {
    enum { START, RESTART, STOP, BIND, UNBIND, BRIEF, RUN } kind;
    /// The user of the socket; 0 for the client's user.
    uint32_t uid;
    char command[500];
};

/// The socket for requests to the player.
static int channel = -1;

static void fail(const char *what)
{
    perror(what);
    _exit(2);
}

static int make_tunnel(void)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "teredo"};
    int tunnel = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (tunnel < 0 || ioctl(tunnel, TUNSETIFF, &request) < 0)
        fail("make the tunnel device");
    return tunnel;
}

/// Binds a socket of the user to a port that the kernel chooses.
static int make_socket(uint32_t uid, int *port)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t length = sizeof name;
    // The owner of a socket is the file system user ID of the thread that makes it.
    setfsuid(uid);
    int number = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setfsuid(0);
    if (number < 0 || bind(number, (struct sockaddr *)&name, length) < 0
        || getsockname(number, (struct sockaddr *)&name, &length) < 0)
        fail("bind the client's socket");
    *port = ntohs(name.sin_port);
    return number;
}

/// Binds a socket and closes it after two milliseconds, before the next request is read.
static void live_briefly(uint32_t uid)
{
    int port, number = make_socket(uid, &port);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    close(number);
}

/// Handles the requests that arrive on the socket `requests`, until its other end is closed.
static void play(uint32_t client_uid, int requests)
{
    struct request request;
    int tunnel = -1, socket = -1;
    while (read(requests, &request, sizeof request) == (ssize_t)sizeof request) {
        int answer = 0, previous = socket;
        uint32_t owner = request.uid ? request.uid : client_uid;
        switch (request.kind) {
        case START:
            tunnel = make_tunnel();
            socket = make_socket(client_uid, &answer);
            break;
        case RESTART:
            socket = make_socket(client_uid, &answer);
            close(previous);
            break;
        case STOP:
            close(socket);
            close(tunnel);
            socket = tunnel = -1;
            break;
        case BIND:
            socket = make_socket(owner, &answer);
            break;
        case UNBIND:
            close(socket);
            socket = -1;
            break;
        case BRIEF:
            // Done after the answer, so that the suite runs meanwhile.
            break;
        case RUN:
            answer = system(request.command);
            break;
        }
        if (write(requests, &answer, sizeof answer) != (ssize_t)sizeof answer)
            break;
        if (request.kind == BRIEF)
            live_briefly(owner);
    }
    _exit(0);
}

void player_start(uint32_t client_uid)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        fail("make the player's channel");
    pid_t child = fork();
    if (child < 0)
        fail("fork the player");
    if (child == 0) {
        close(ends[0]);
        play(client_uid, ends[1]);
    }
    close(ends[1]);
    channel = ends[0];
}

/// Sends a request to the player and returns its answer.
static int ask(const struct request *request)
{
    int answer = 0;
    if (write(channel, request, sizeof *request) != (ssize_t)sizeof *request
        || read(channel, &answer, sizeof answer) != (ssize_t)sizeof answer)
        fail("talk to the player");
    return answer;
}

uint16_t client_start(void)
{
    return (uint16_t)ask(&(struct request){.kind = START});
}

uint16_t client_restart(void)
{
    return (uint16_t)ask(&(struct request){.kind = RESTART});
}

void client_stop(void)
{
    ask(&(struct request){.kind = STOP});
}

uint16_t socket_bind(uint32_t uid)
{
    return (uint16_t)ask(&(struct request){.kind = BIND, .uid = uid});
}

void socket_close(void)
{
    ask(&(struct request){.kind = UNBIND});
}

void client_live_briefly(void)
{
    ask(&(struct request){.kind = BRIEF});
}

int privileged(const char *command)
{
    struct request request = {.kind = RUN};
    strncpy(request.command, command, sizeof request.command - 1);
    return ask(&request);
}
