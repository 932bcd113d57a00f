// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_BINDS_H
#define CLINUX_BINDS_H

// Events about UDP binds: eBPF programs, attached to a cgroup, write them to a ring buffer. Needs Linux 5.8,
// CAP_BPF and CAP_NET_ADMIN, but neither a compiler nor BTF. Every function returns 0 or -errno and writes
// its results only on success. Descriptors are close-on-exec; the kernel keeps an object until its last
// descriptor is closed.

#include <stddef.h>
#include <stdint.h>

enum {
    /// The maximum number of ports in a choice.
    CLINUX_BIND_PORTS = 16,
    /// The size in bytes of a record in the ring buffer, with its header.
    CLINUX_BIND_RECORD = 40,
    /// The maximum number of instructions of a program.
    CLINUX_BIND_PROGRAM = 96,
    /// The user in a choice of ports only.
    CLINUX_BIND_NOBODY = -1,
    /// The address families.
    CLINUX_BIND_IPV4 = 2,
    CLINUX_BIND_IPV6 = 10,
};

/// The binds to report: those by this user, and those to one of these ports by any user.
struct clinux_bind_choice {
    /// The user ID in the initial user namespace; CLINUX_BIND_NOBODY for none.
    uint32_t user;
    /// Ports in host byte order; unused entries are 0.
    uint16_t ports[CLINUX_BIND_PORTS];
};

/// A bind, reported after the kernel has chosen the port but before the socket shows it: a lookup of the
/// socket may come too early. The bind may still fail if another program rejects it.
struct clinux_bind {
    /// The address in network byte order; 4 bytes for CLINUX_BIND_IPV4.
    uint8_t address[16];
    /// The real user ID of the process that called bind, which may not be the creator of the socket.
    uint32_t user;
    /// CLINUX_BIND_IPV4 or CLINUX_BIND_IPV6.
    uint32_t family;
    /// The port in host byte order; for a bind to port 0, the port that was chosen.
    uint32_t port;
    uint32_t reserved;
};

/// One instruction in the kernel's form (struct bpf_insn).
struct clinux_instruction {
    uint8_t code;
    uint8_t registers;
    int16_t offset;
    int32_t immediate;
};

/// The parameters of a program.
struct clinux_bind_settings {
    /// The value of clinux_namespace_cookie: only binds in that network namespace are reported. With 0, the
    /// binds in all namespaces are reported.
    uint64_t namespace_cookie;
    /// Descriptors of clinux_bind_ring_open and clinux_bind_choice_open.
    int ring;
    int choice;
    /// CLINUX_BIND_IPV4 or CLINUX_BIND_IPV6.
    uint32_t family;
};

/// Reads the cookie by which eBPF programs identify the calling thread's network namespace. Returns 0;
/// -ENOPROTOOPT before Linux 5.14.
int clinux_namespace_cookie(uint64_t *cookie);

/// Raises the limit of locked memory, to which eBPF objects count before Linux 5.11, as far as permitted.
void clinux_raise_locked_memory(void);

/// Opens a ring buffer of one page; it is readable (poll) when it has records. Returns 0; -EPERM; -EINVAL
/// before Linux 5.8; -ENOSYS.
int clinux_bind_ring_open(int *descriptor);

/// Opens the map that holds a choice. The new map selects user 0 and port 0; set a choice before a
/// program is attached.
int clinux_bind_choice_open(int *descriptor);

/// Replaces the choice. A concurrent bind may be compared with a mixture of the old and the new choice:
/// look up the sockets after this call.
int clinux_bind_choice_set(int descriptor, const struct clinux_bind_choice *choice);

/// Writes the instructions of a program, which returns 1 in every case: 0 would refuse the bind, for
/// every process of the host. Returns 0; -ENOSPC when `capacity` is below CLINUX_BIND_PROGRAM. Pure: no
/// I/O.
int clinux_bind_program(
    const struct clinux_bind_settings *settings, struct clinux_instruction *instructions, size_t capacity,
    size_t *count);

/// Writes a program and loads it into the kernel. Returns 0; -EPERM without the capabilities; -EINVAL or
/// -EACCES when the kernel does not accept it; -ENOSYS.
int clinux_bind_program_open(const struct clinux_bind_settings *settings, int *descriptor);

/// Attaches the program to a cgroup (a descriptor of its directory), in addition to programs of others,
/// until `link` is closed: the kernel runs it for each bind in this cgroup and below. Returns 0; -EBADF
/// or -EINVAL when the descriptor is not of a cgroup of version 2; -EPERM also when another program does
/// not allow further ones.
int clinux_bind_attach(int cgroup, int program, uint32_t family, int *link);

/// The reading end of a ring buffer.
struct clinux_bind_reader;

/// Maps a ring buffer for reading, by one thread at a time. The descriptor may be closed afterwards.
int clinux_bind_reader_open(int ring, struct clinux_bind_reader **reader);
/// Unmaps the ring buffer and frees the reader; does nothing for NULL.
void clinux_bind_reader_close(struct clinux_bind_reader *reader);

/// Takes at most `capacity` binds; `count` is 0 when there are none. `is_full` is 1 when the ring buffer may
/// have been full, so that binds may have been lost. Returns 0; -EBADMSG when the content is malformed: it is
/// skipped, except for the binds before the malformed record, which are taken.
int clinux_bind_reader_take(
    struct clinux_bind_reader *reader, struct clinux_bind *binds, size_t capacity, size_t *count,
    uint8_t *is_full);

/// Reads the records from `*position` to `end` of a ring of `size` bytes, which is mapped twice in a row, and
/// advances `*position` past those that were read. Stops at a record that is still being written. Pure: no
/// I/O. Returns 0; -EBADMSG when `end` is less than `*position` or more than `size` bytes further, or when a record
/// has another length than CLINUX_BIND_RECORD or exceeds `end`: the records before it have been read.
int clinux_bind_parse(
    const uint8_t *ring, size_t size, uint64_t *position, uint64_t end, struct clinux_bind *binds,
    size_t capacity, size_t *count);

#endif
