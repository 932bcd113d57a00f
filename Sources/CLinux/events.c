// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"
#include "netlink.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/// Installs a filter program on the socket; it replaces an earlier one.
static int attach_filter(int descriptor, struct sock_filter *code, unsigned short length)
{
    struct sock_fprog program = {.len = length, .filter = code};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : -errno;
}

/// Opens a multicast netlink socket; with `code`, its filter program is installed before events can
/// arrive. The socket must be bound: the kernel sends its events only to sockets with a port ID, and reports no error
/// if one without joins a group.
static int
open_bound(int protocol, uint32_t groups, struct sock_filter *code, unsigned short length, int *descriptor)
{
    int number = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (number < 0)
        return -errno;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    int status = code != NULL ? attach_filter(number, code, length) : 0;
    if (status == 0 && bind(number, (struct sockaddr *)&address, sizeof address) < 0)
        status = -errno;
    if (status < 0) {
        (void)close(number);
        return status;
    }
    *descriptor = number;
    return 0;
}

int clinux_destroy_events_open(int *descriptor)
{
    struct sock_filter drop_all[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    return open_bound(
        NETLINK_SOCK_DIAG, 1u << (SKNLGRP_INET_UDP_DESTROY - 1) | 1u << (SKNLGRP_INET6_UDP_DESTROY - 1),
        drop_all, 1, descriptor);
}

int clinux_destroy_events_filter(int descriptor, const uint16_t *ports, size_t count)
{
    enum { PORT_OFFSET = NLMSG_HDRLEN + offsetof(struct inet_diag_msg, id.idiag_sport) };
    // The load of the port, a comparison for each port, and the two results.
    struct sock_filter code[CLINUX_FILTER_MAX + 3];
    unsigned short length = 0;
    if (count <= CLINUX_FILTER_MAX) {
        // The load converts from network byte order, in which the port is.
        code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, PORT_OFFSET);
        for (size_t index = 0; index < count; index++) {
            // The number of instructions to skip to reach the last one, which accepts the event.
            uint8_t to_accept = (uint8_t)(count - index);
            code[length++] =
                (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ports[index], to_accept, 0);
        }
        code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    }
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
    return attach_filter(descriptor, code, length);
}

int clinux_link_events_open(int *descriptor)
{
    return open_bound(NETLINK_ROUTE, RTMGRP_LINK, NULL, 0, descriptor);
}

int clinux_events_receive(int descriptor, void *bytes, size_t capacity, size_t *length)
{
    return clinux_netlink_receive(descriptor, MSG_DONTWAIT, bytes, capacity, length);
}

/// Reads the payload of RTM_NEWLINK or RTM_DELLINK (`type`). Returns 0 or -EBADMSG.
static int parse_link(uint16_t type, const uint8_t *payload, size_t length, struct clinux_link_event *event)
{
    struct ifinfomsg link;
    if (length < sizeof link)
        return -EBADMSG;
    memcpy(&link, payload, sizeof link);
    // The kernel reports the ports of a bridge with the family AF_BRIDGE and the index of the interface that is the
    // port. RTM_DELLINK then means that the interface has left the bridge, not that it has disappeared.
    struct clinux_link_event found = {
        .index = link.ifi_index,
        .is_gone = type == RTM_DELLINK && link.ifi_family != AF_BRIDGE,
    };

    const uint8_t *information = NULL, *kind = NULL;
    size_t information_length = 0, kind_length = 0;
    int status = clinux_netlink_attribute(
        payload + sizeof link, length - sizeof link, IFLA_LINKINFO, &information, &information_length);
    if (status == 0)
        status =
            clinux_netlink_attribute(information, information_length, IFLA_INFO_KIND, &kind, &kind_length);
    if (status == 0)
        found.is_tun = kind_length >= 3 && memcmp(kind, "tun", 3) == 0 && (kind_length == 3 || kind[3] == 0);
    if (status < 0 && status != -ENOENT)
        return status;
    *event = found;
    return 0;
}

int clinux_link_event_parse(const void *bytes, size_t length, size_t *offset, struct clinux_link_event *event)
{
    for (;;) {
        struct nlmsghdr header;
        const uint8_t *payload = NULL;
        size_t payload_length = 0;
        int status = clinux_netlink_next(bytes, length, offset, &header, &payload, &payload_length);
        if (status <= 0)
            return status;
        if (header.nlmsg_type != RTM_NEWLINK && header.nlmsg_type != RTM_DELLINK)
            continue;
        status = parse_link(header.nlmsg_type, payload, payload_length, event);
        return status < 0 ? status : 1;
    }
}

int clinux_address_events_open(int *descriptor)
{
    return open_bound(
        NETLINK_ROUTE, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, NULL, 0, descriptor);
}

int clinux_counter_open(int *descriptor)
{
    int number = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (number < 0)
        return -errno;
    *descriptor = number;
    return 0;
}

int clinux_timer_open(int *descriptor)
{
    int number = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (number < 0)
        return -errno;
    *descriptor = number;
    return 0;
}

void clinux_timer_set(int descriptor, int64_t nanoseconds)
{
    // Zero would stop the timer.
    int64_t delay = nanoseconds > 0 ? nanoseconds : 1;
    struct itimerspec time = {.it_value = {.tv_sec = delay / 1000000000, .tv_nsec = delay % 1000000000}};
    (void)timerfd_settime(descriptor, 0, &time, NULL);
}

int clinux_wait(const int *descriptors, uint8_t *ready, size_t count, int64_t nanoseconds)
{
    struct pollfd entries[CLINUX_WAIT_MAX];
    if (count > CLINUX_WAIT_MAX)
        return -EINVAL;
    for (size_t index = 0; index < count; index++)
        entries[index] = (struct pollfd){.fd = descriptors[index], .events = POLLIN};
    struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    if (ppoll(entries, count, nanoseconds < 0 ? NULL : &timeout, NULL) < 0)
        return -errno;
    for (size_t index = 0; index < count; index++)
        ready[index] = entries[index].revents != 0;
    return 0;
}

void clinux_name_thread(const char *name)
{
    (void)pthread_setname_np(pthread_self(), name);
}
