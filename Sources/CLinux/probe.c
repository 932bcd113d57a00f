// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "bpf.h"
#include "clinux_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/// Loads an XDP program that passes every frame. Returns its descriptor or -errno.
static int load_passing_program(void)
{
    static const char license[] = "GPL";
    const struct bpf_insn program[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes;
    // Clear all bytes: the kernel rejects unknown bits that are not zero.
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_XDP;
    attributes.insns = (uintptr_t)program;
    attributes.insn_cnt = sizeof program / sizeof program[0];
    attributes.license = (uintptr_t)license;
    return clinux_bpf(BPF_PROG_LOAD, &attributes);
}

int clinux_inject_frame(uint32_t interface, const void *frame, size_t length)
{
    int program = load_passing_program();
    if (program < 0)
        return program;
    // With BPF_F_TEST_XDP_LIVE_FRAMES the kernel receives a frame that the program passes as if it came
    // from the interface's driver.
    struct xdp_md context = {.data_end = (uint32_t)length, .ingress_ifindex = interface};
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.test.prog_fd = (uint32_t)program;
    attributes.test.data_in = (uintptr_t)frame;
    attributes.test.data_size_in = (uint32_t)length;
    attributes.test.ctx_in = (uintptr_t)&context;
    attributes.test.ctx_size_in = sizeof context;
    attributes.test.repeat = 1;
    attributes.test.batch_size = 1;
    attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
    int status = clinux_bpf(BPF_PROG_TEST_RUN, &attributes);
    close(program);
    return status < 0 ? status : 0;
}

int clinux_send_packet(const void *packet, size_t length)
{
    // Sizes and offsets in bytes in the IPv4 header.
    enum { HEADER_SIZE = 20, DESTINATION_OFFSET = 16 };
    if (length < HEADER_SIZE)
        return -EINVAL;
    int descriptor = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (descriptor < 0)
        return -errno;
    struct sockaddr_in destination = {.sin_family = AF_INET};
    memcpy(&destination.sin_addr, (const uint8_t *)packet + DESTINATION_OFFSET, 4);
    int status;
    do {
        ssize_t sent =
            sendto(descriptor, packet, length, 0, (struct sockaddr *)&destination, sizeof destination);
        status = sent < 0 ? -errno : 0;
    } while (status == -EINTR);
    close(descriptor);
    return status;
}

int clinux_become_filesystem_user(uint32_t user)
{
    setfsuid(user);
    // setfsuid(2) reports no failure but returns the previous user; -1 changes nothing.
    return (uint32_t)setfsuid((uid_t)-1) == user ? 0 : -EPERM;
}

int clinux_hardware_address(uint32_t interface, uint8_t address[6])
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    if (if_indextoname(interface, request.ifr_name) == NULL)
        return -ENODEV;
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -errno;
    int status = ioctl(descriptor, SIOCGIFHWADDR, &request) < 0 ? -errno : 0;
    close(descriptor);
    if (status < 0)
        return status;
    memset(address, 0, 6);
    if (request.ifr_hwaddr.sa_family == ARPHRD_ETHER)
        memcpy(address, request.ifr_hwaddr.sa_data, 6);
    return 0;
}
