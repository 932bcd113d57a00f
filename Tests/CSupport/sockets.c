// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "csupport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int csupport_udp_open(uint32_t uid, int *descriptor)
{
    // The one identity that glibc changes for the calling thread alone, and the one that a socket takes over.
    int before = setfsuid(uid);
    int number = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int status = number < 0 ? -errno : 0;
    int inside = setfsuid((uid_t)before);
    if (status == 0 && (uint32_t)inside != uid) {
        (void)close(number);
        status = -EPERM;
    }
    if (status == 0)
        *descriptor = number;
    return status;
}

static struct sockaddr_in place(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
}

int csupport_udp_bind(int descriptor, uint32_t address, uint16_t port, uint16_t *bound)
{
    struct sockaddr_in name = place(address, port);
    socklen_t length = sizeof name;
    if (bind(descriptor, (struct sockaddr *)&name, sizeof name) < 0)
        return -errno;
    if (getsockname(descriptor, (struct sockaddr *)&name, &length) < 0)
        return -errno;
    *bound = ntohs(name.sin_port);
    return 0;
}

int csupport_udp_connect(int descriptor, uint32_t address, uint16_t port)
{
    struct sockaddr_in name = place(address, port);
    return connect(descriptor, (struct sockaddr *)&name, sizeof name) < 0 ? -errno : 0;
}

int csupport_tun_open(const char *name, int *descriptor)
{
    int number = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (number < 0)
        return -errno;
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (ioctl(number, TUNSETIFF, &request) < 0) {
        int status = -errno;
        (void)close(number);
        return status;
    }
    *descriptor = number;
    return 0;
}
