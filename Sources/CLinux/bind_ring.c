// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "bpf.h"
#include "clinux_binds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

// The headers of older supported kernels lack it.
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

struct clinux_bind_reader {
    /// The number of the first byte that has not been read. Written here, read by the kernel.
    uint64_t *position;
    /// The number of the first byte that has not been reserved. Written by the kernel; the records begin in
    /// the page after it.
    const uint64_t *end;
    /// The size of a page in bytes, which is also the size of the ring.
    size_t page;
};

int clinux_namespace_cookie(uint64_t *cookie)
{
    int number = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (number < 0)
        return -errno;
    uint64_t value = 0;
    socklen_t length = sizeof value;
    int status = getsockopt(number, SOL_SOCKET, SO_NETNS_COOKIE, &value, &length) < 0 ? -errno : 0;
    (void)close(number);
    if (status == 0)
        *cookie = value;
    return status;
}

void clinux_raise_locked_memory(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    // Ignore a failure: the limit may suffice, and creating the map fails if not.
    (void)setrlimit(RLIMIT_MEMLOCK, &limit);
}

static int
open_map(enum bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t entries, int *descriptor)
{
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = type;
    attributes.key_size = key_size;
    attributes.value_size = value_size;
    attributes.max_entries = entries;
    memcpy(attributes.map_name, "teredowall_bind", sizeof "teredowall_bind");
    int status = clinux_bpf(BPF_MAP_CREATE, &attributes);
    if (status < 0)
        return status;
    *descriptor = status;
    return 0;
}

int clinux_bind_ring_open(int *descriptor)
{
    // A ring buffer has no keys and values; its number of entries is its size in bytes.
    return open_map(BPF_MAP_TYPE_RINGBUF, 0, 0, (uint32_t)sysconf(_SC_PAGESIZE), descriptor);
}

int clinux_bind_choice_open(int *descriptor)
{
    return open_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(struct clinux_bind_choice), 1, descriptor);
}

int clinux_bind_choice_set(int descriptor, const struct clinux_bind_choice *choice)
{
    uint32_t key = 0;
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_fd = (uint32_t)descriptor;
    attributes.key = (uintptr_t)&key;
    attributes.value = (uintptr_t)choice;
    return clinux_bpf(BPF_MAP_UPDATE_ELEM, &attributes);
}

int clinux_bind_reader_open(int ring, struct clinux_bind_reader **reader)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct clinux_bind_reader *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return -ENOMEM;
    void *position = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
    if (position == MAP_FAILED) {
        int status = -errno;
        free(opened);
        return status;
    }
    // Three pages: the one with `end`, then the ring of one page, which the kernel maps twice in a row, so that
    // a record that wraps around is contiguous.
    void *end = mmap(NULL, 3 * page, PROT_READ, MAP_SHARED, ring, (off_t)page);
    if (end == MAP_FAILED) {
        int status = -errno;
        (void)munmap(position, page);
        free(opened);
        return status;
    }
    *opened = (struct clinux_bind_reader){.position = position, .end = end, .page = page};
    *reader = opened;
    return 0;
}

void clinux_bind_reader_close(struct clinux_bind_reader *reader)
{
    if (reader == NULL)
        return;
    (void)munmap(reader->position, reader->page);
    (void)munmap((void *)reader->end, 3 * reader->page);
    free(reader);
}

int clinux_bind_parse(
    const uint8_t *ring, size_t size, uint64_t *position, uint64_t end, struct clinux_bind *binds,
    size_t capacity, size_t *count)
{
    size_t taken = 0;
    int status = 0;
    *count = 0;
    if (end < *position || end - *position > size)
        return -EBADMSG;
    while (taken < capacity && end - *position >= BPF_RINGBUF_HDR_SZ) {
        const uint8_t *record = ring + *position % size;
        uint32_t header = __atomic_load_n((const uint32_t *)(const void *)record, __ATOMIC_ACQUIRE);
        if (header & BPF_RINGBUF_BUSY_BIT)
            break;
        uint32_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
        if (length != sizeof binds[0] || end - *position < CLINUX_BIND_RECORD) {
            status = -EBADMSG;
            break;
        }
        if (!(header & BPF_RINGBUF_DISCARD_BIT))
            memcpy(&binds[taken++], record + BPF_RINGBUF_HDR_SZ, sizeof binds[0]);
        *position += CLINUX_BIND_RECORD;
    }
    *count = taken;
    return status;
}

int clinux_bind_reader_take(
    struct clinux_bind_reader *reader, struct clinux_bind *binds, size_t capacity, size_t *count,
    uint8_t *is_full)
{
    // Only this process writes the position.
    const uint64_t begin = *reader->position;
    uint64_t position = begin;
    // Pairs with the kernel's release store: the headers of all records before `end` are then visible here.
    uint64_t end = __atomic_load_n(reader->end, __ATOMIC_ACQUIRE);
    const uint8_t *ring = (const uint8_t *)reader->end + reader->page;
    int status = clinux_bind_parse(ring, reader->page, &position, end, binds, capacity, count);
    if (status < 0)
        position = end;
    // The kernel wakes the reader for a new record only if the published position shows that all earlier
    // records have been read. So publish the position first, then read the end again.
    __atomic_store_n(reader->position, position, __ATOMIC_SEQ_CST);
    // Until the position was published, the ring had room for one page of records from `begin` on. Records
    // that did not fit were lost.
    end = __atomic_load_n(reader->end, __ATOMIC_SEQ_CST);
    *is_full = end - begin + CLINUX_BIND_RECORD >= reader->page;
    return status;
}
