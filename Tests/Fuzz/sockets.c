// SPDX-License-Identifier: GPL-2.0-or-later
// Feeds a datagram to every reader of clinux.h. With the toolchain's clang:
//     clang -g -O1 -fsanitize=fuzzer,address,undefined -ISources/CLinux/include \
//         Tests/Fuzz/sockets.c Sources/CLinux/*.c -o .build/fuzz-sockets
//     .build/fuzz-sockets -max_len=4096 -max_total_time=60
#include "clinux.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    // The sequence number of a netlink message is in its bytes 8 to 11, the user of a socket far behind.
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

    struct clinux_udp_list others = {0};
    query.port = 41234;
    (void)clinux_udp_parse(bytes, length, sequence, query, &others);
    for (size_t index = 0; index < others.count; index++)
        if (others.sockets[index].local_port != query.port)
            abort();
    free(others.sockets);

    size_t offset = 0, before = 0;
    struct clinux_link_event event;
    while (clinux_link_event_parse(bytes, length, &offset, &event) == 1) {
        if (offset <= before || offset > length)
            abort();
        before = offset;
    }

    struct clinux_address address;
    if (clinux_address_parse(bytes, length, &address) == 0 && address.family == 0)
        abort();
    struct clinux_link link;
    if (clinux_link_parse(bytes, length, &link) == 0 && strnlen(link.name, sizeof link.name) == sizeof link.name)
        abort();
    return 0;
}
