// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "csupport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Opens an IPv4 socket that belongs to the user.
static int open_as(uint32_t uid, int type, int protocol, int *descriptor)
{
    // The file system user is the only identity that glibc changes for one thread, and the one that a socket
    // gets.
    int previous_user = setfsuid(uid);
    int number = socket(AF_INET, type | SOCK_CLOEXEC, protocol);
    int status = number < 0 ? -errno : 0;
    // setfsuid reports no error. It returns the previous user: here the one that the socket got.
    int owner = setfsuid((uid_t)previous_user);
    if (status == 0 && (uint32_t)owner != uid) {
        (void)close(number);
        status = -EPERM;
    }
    if (status == 0)
        *descriptor = number;
    return status;
}

int csupport_udp_open(uint32_t uid, int *descriptor)
{
    return open_as(uid, SOCK_DGRAM, 0, descriptor);
}

int csupport_raw_open(uint32_t uid, int protocol, int *descriptor)
{
    return open_as(uid, SOCK_RAW, protocol, descriptor);
}

int csupport_packet_open(const char *interface, uint16_t protocol, int *descriptor)
{
    struct sockaddr_ll name = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol)};
    name.sll_ifindex = (int)if_nametoindex(interface);
    if (name.sll_ifindex == 0)
        return -errno;
    int number = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (number < 0)
        return -errno;
    int enable = 1;
    if (setsockopt(number, SOL_PACKET, PACKET_IGNORE_OUTGOING, &enable, sizeof enable) < 0
        || bind(number, (struct sockaddr *)&name, sizeof name) < 0) {
        int status = -errno;
        (void)close(number);
        return status;
    }
    *descriptor = number;
    return 0;
}

int csupport_stay_on_processor(void)
{
    int processor = sched_getcpu();
    if (processor < 0)
        return -errno;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

static struct sockaddr_in socket_address(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
}

/// Sets the real user of the calling thread only; glibc's function would set it for all threads. The other
/// user IDs stay unchanged, so that the thread keeps its capabilities.
static int set_real_user(uint32_t uid)
{
    return syscall(SYS_setresuid, uid, -1, -1) < 0 ? -errno : 0;
}

int csupport_udp_bind(int descriptor, uint32_t uid, uint32_t address, uint16_t port, uint16_t *bound)
{
    struct sockaddr_in name = socket_address(address, port);
    socklen_t length = sizeof name;
    uint32_t previous_user = getuid();
    int status = set_real_user(uid);
    if (status < 0)
        return status;
    if (bind(descriptor, (struct sockaddr *)&name, sizeof name) < 0)
        status = -errno;
    int restored = set_real_user(previous_user);
    if (status == 0)
        status = restored;
    if (status == 0 && getsockname(descriptor, (struct sockaddr *)&name, &length) < 0)
        status = -errno;
    if (status == 0)
        *bound = ntohs(name.sin_port);
    return status;
}

int csupport_udp_churn(uint32_t uid, uint32_t count, uint8_t is_ipv6)
{
    struct sockaddr_in ipv4 = socket_address(INADDR_ANY, 0);
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    const struct sockaddr *name = is_ipv6 ? (struct sockaddr *)&ipv6 : (struct sockaddr *)&ipv4;
    socklen_t length = is_ipv6 ? sizeof ipv6 : sizeof ipv4;
    uint32_t previous_user = getuid();
    int status = set_real_user(uid);
    for (uint32_t index = 0; status == 0 && index < count; index++) {
        int number = socket(name->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (number < 0 || bind(number, name, length) < 0)
            status = -errno;
        if (number >= 0)
            (void)close(number);
    }
    int restored = set_real_user(previous_user);
    return status < 0 ? status : restored;
}

int csupport_udp6_bind(uint32_t uid, uint16_t port, int *descriptor)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    uint32_t previous_user = getuid();
    int number = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (number < 0)
        return -errno;
    int status = set_real_user(uid);
    int only = 1;
    if (status == 0
        && (setsockopt(number, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) < 0
            || bind(number, (struct sockaddr *)&name, sizeof name) < 0))
        status = -errno;
    int restored = set_real_user(previous_user);
    if (status == 0)
        status = restored;
    if (status < 0)
        (void)close(number);
    else
        *descriptor = number;
    return status;
}

int csupport_udp_share(int descriptor)
{
    int enable = 1;
    return setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &enable, sizeof enable) < 0 ? -errno : 0;
}

int csupport_udp_connect(int descriptor, uint32_t address, uint16_t port)
{
    struct sockaddr_in name = socket_address(address, port);
    return connect(descriptor, (struct sockaddr *)&name, sizeof name) < 0 ? -errno : 0;
}

int csupport_udp_join(int descriptor, uint32_t group, uint32_t address)
{
    struct ip_mreq request = {.imr_multiaddr.s_addr = htonl(group), .imr_interface.s_addr = htonl(address)};
    int status = setsockopt(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
    return status < 0 ? -errno : 0;
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
