// SPDX-License-Identifier: GPL-2.0-or-later
// Feeds a datagram to every parser of clinux.h, clinux_binds.h, clinux_flows.h and clinux_probe.h. With the
// toolchain's clang:
//     clang -g -O1 -fsanitize=fuzzer,address,undefined -ISources/CLinux/include \
//         Tests/Fuzz/sockets.c Sources/CLinux/*.c -o .build/fuzz-sockets
//     .build/fuzz-sockets -max_len=4096 -max_total_time=60
#include "clinux.h"
#include "clinux_binds.h"
#include "clinux_flows.h"
#include "clinux_probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/// Reads a ring buffer that is mapped twice in succession, as the kernel does. The input determines the start
/// and end positions, and the records.
static void read_binds(const uint8_t *bytes, size_t length)
{
    enum { RING = 4096, CAPACITY = 16 };
    // Exactly as large as the mapping, so that the sanitizer detects a read beyond it, and aligned like it.
    uint8_t *ring = calloc(2, RING);
    uint16_t words[3] = {0};
    if (!ring || length < sizeof words) {
        free(ring);
        return;
    }
    memcpy(words, bytes, sizeof words);
    size_t used = length - sizeof words > RING ? RING : length - sizeof words;
    memcpy(ring, bytes + sizeof words, used);
    memcpy(ring + RING, ring, RING);
    // The positions of the kernel are multiples of 8 and may be large.
    uint64_t begin = (uint64_t)words[0] * 8 + ((uint64_t)words[2] << 40), position = begin;
    // The end may be up to 63 bytes further than a ring allows, which must be refused.
    uint64_t end = begin + words[1] % (RING + 64);
    struct clinux_bind binds[CAPACITY];
    size_t capacity = words[2] % (CAPACITY + 1), count = 0;
    int status = clinux_bind_parse(ring, RING, &position, end, binds, capacity, &count);
    int is_too_long = end - begin > RING;
    if (count > capacity || position < begin || position > end || (is_too_long && status == 0))
        abort();
    if (status == 0 && count > (position - begin) / CLINUX_BIND_RECORD)
        abort();
    free(ring);
}

/// Reads the payload of a message of ctnetlink. Results are written only on success.
static void read_flows(const uint8_t *bytes, size_t length)
{
    struct clinux_flow flow, untouched;
    memset(&untouched, 0xa5, sizeof untouched);
    memcpy(&flow, &untouched, sizeof flow);
    int status = clinux_flow_parse(bytes, length, &flow);
    if (status != 0 && status != -ENOENT && status != -EBADMSG)
        abort();
    if (status != 0 && memcmp(&flow, &untouched, sizeof flow) != 0)
        abort();

    uint32_t count = 0xa5a5a5a5;
    status = clinux_flows_count_parse(bytes, length, &count);
    if (status != 0 && (status != -EBADMSG || count != 0xa5a5a5a5))
        abort();
    // The family and one attribute.
    if (status == 0 && length < 4 + 4 + sizeof count)
        abort();
}

/// Reads the payload of a message about a route. The result has an interface and a source address.
static void read_route(const uint8_t *bytes, size_t length)
{
    struct clinux_route route = {.interface = 0};
    int status = clinux_route_parse(bytes, length, &route);
    if (status != 0 && status != -ENETUNREACH && status != -EBADMSG)
        abort();
    if ((status == 0) != (route.interface != 0 && route.source != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    // The sequence number of a netlink message is in its bytes 8 to 11, the user ID in bytes 64 to 67 of the payload, which
    // follows the header of 16 bytes.
    uint32_t sequence = 0, uid = 0;
    if (length >= 12)
        memcpy(&sequence, bytes + 8, sizeof sequence);
    if (length >= 16 + 68)
        memcpy(&uid, bytes + 16 + 64, sizeof uid);
    struct clinux_udp_list list = {0};
    struct clinux_udp_query query = {.uid = uid};
    (void)clinux_udp_parse(bytes, length, sequence, query, &list);
    for (size_t index = 0; index < list.count; index++)
        if (list.sockets[index].uid != uid || list.sockets[index].state != CLINUX_UDP_UNCONNECTED)
            abort();
    free(list.sockets);

    struct clinux_udp_list on_port = {0};
    query.port = 41234; // an arbitrary port, which all results must have
    (void)clinux_udp_parse(bytes, length, sequence, query, &on_port);
    for (size_t index = 0; index < on_port.count; index++)
        if (on_port.sockets[index].local_port != query.port)
            abort();
    free(on_port.sockets);

    size_t offset = 0, before = 0;
    struct clinux_link_event event;
    while (clinux_link_event_parse(bytes, length, &offset, &event) == 1) {
        if (offset <= before || offset > length)
            abort();
        before = offset;
    }

    read_binds(bytes, length);
    // The payload begins after the header of 16 bytes, so that recorded answers can be used as seeds.
    if (length >= 16) {
        read_flows(bytes + 16, length - 16);
        read_route(bytes + 16, length - 16);
    }

    struct clinux_address address;
    if (clinux_address_parse(bytes, length, &address) == 0 && address.family == 0)
        abort();
    struct clinux_link link;
    if (clinux_link_parse(bytes, length, &link) == 0
        && strnlen(link.name, sizeof link.name) == sizeof link.name)
        abort();
    return 0;
}
