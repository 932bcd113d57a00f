// SPDX-License-Identifier: Apache-2.0
#ifndef CLINUX_BINDS_H
#define CLINUX_BINDS_H

// UDP binds as they happen: eBPF programs at a cgroup tell of them in a ring buffer. Needs Linux 5.8, CAP_BPF and
// CAP_NET_ADMIN, and neither a compiler nor BTF. Every function returns 0 or -errno and fills its results only on
// success. Descriptors are close-on-exec; what they stand for ends with the last of them.

#include <stddef.h>
#include <stdint.h>

enum {
    /// The most ports that a choice holds.
    CLINUX_BIND_PORTS = 16,
    /// Bytes of a record in the ring buffer, its header included.
    CLINUX_BIND_RECORD = 40,
    /// The most instructions of a program.
    CLINUX_BIND_PROGRAM = 96,
    /// The user of a choice without one.
    CLINUX_BIND_NOBODY = -1,
    CLINUX_BIND_IPV4 = 2,
    CLINUX_BIND_IPV6 = 10,
};

/// The binds that are told: those by this user, and those to one of these ports by anybody.
struct clinux_bind_choice {
    /// CLINUX_BIND_NOBODY for none. As the first user namespace numbers users.
    uint32_t user;
    /// In host byte order; unused places are 0.
    uint16_t ports[CLINUX_BIND_PORTS];
};

/// A bind, as of the moment in which the kernel had given the port but not yet noted it in the socket: a look at the
/// socket may come too early. The bind may still fail, when another program refuses it.
struct clinux_bind {
    /// In network byte order; 4 bytes for CLINUX_BIND_IPV4.
    uint8_t address[16];
    /// The real user of the process that bound, which may be another one than made the socket.
    uint32_t user;
    /// CLINUX_BIND_IPV4 or CLINUX_BIND_IPV6.
    uint32_t family;
    /// In host byte order, also for a bind to port 0.
    uint32_t port;
    uint32_t reserved;
};

/// One instruction as the kernel takes it: struct bpf_insn.
struct clinux_instruction {
    uint8_t code;
    uint8_t registers;
    int16_t offset;
    int32_t immediate;
};

/// What a program is made for.
struct clinux_bind_settings {
    /// From clinux_namespace_cookie: binds in other network namespaces are not told. 0: they are.
    uint64_t namespace_cookie;
    /// Descriptors of clinux_bind_ring_open and clinux_bind_choice_open.
    int ring;
    int choice;
    /// CLINUX_BIND_IPV4 or CLINUX_BIND_IPV6.
    uint32_t family;
};

/// Reads the number by which programs know the calling thread's network namespace.
/// Returns 0; -ENOPROTOOPT before Linux 5.14.
int clinux_namespace_cookie(uint64_t *cookie);

/// Raises the limit of locked memory, which programs count towards before Linux 5.11, as far as the process may.
void clinux_raise_locked_memory(void);

/// Opens a ring buffer of one page; readable (poll) when there are records.
/// Returns 0; -EPERM; -EINVAL before Linux 5.8; -ENOSYS.
int clinux_bind_ring_open(int *descriptor);

/// Opens the place for a choice. It begins as choosing port and user 0, which no program sees before it is attached.
int clinux_bind_choice_open(int *descriptor);

/// Replaces a choice. A bind at the same moment may be judged by a mixture: look after this call.
int clinux_bind_choice_set(int descriptor, const struct clinux_bind_choice *choice);

/// Writes the program. Whatever happens in it, it answers 1: 0 would refuse the bind, of anybody on the host.
/// Returns 0; -ENOSPC when `capacity` is below CLINUX_BIND_PROGRAM. Pure: no I/O.
int clinux_bind_program(
    const struct clinux_bind_settings *settings, struct clinux_instruction *instructions, size_t capacity,
    size_t *count);

/// Writes and loads the program.
/// Returns 0; -EPERM without the capabilities; -EINVAL or -EACCES when the kernel does not accept it; -ENOSYS.
int clinux_bind_program_open(const struct clinux_bind_settings *settings, int *descriptor);

/// Has the program called for each bind in the cgroup (a descriptor of its directory) and below, beside the programs
/// of others, until `link` is closed.
/// Returns 0; -EBADF or -EINVAL for no cgroup of version 2; -EPERM also when somebody has forbidden further programs.
int clinux_bind_attach(int cgroup, int program, uint32_t family, int *link);

/// The reading end of a ring buffer.
struct clinux_bind_reader;

/// Maps a ring buffer for one thread at a time, which closes it. The descriptor may be closed before.
int clinux_bind_reader_open(int ring, struct clinux_bind_reader **reader);
void clinux_bind_reader_close(struct clinux_bind_reader *reader);

/// Takes at most `capacity` binds; `count` 0 means that none waits. `is_full` is 1 when the ring buffer may
/// have had no room for another record, so that binds may have been lost.
/// Returns 0; -EBADMSG when what is in the ring buffer is no sequence of binds: it is skipped.
int clinux_bind_reader_take(
    struct clinux_bind_reader *reader, struct clinux_bind *binds, size_t capacity, size_t *count,
    uint8_t *is_full);

/// Reads the records from `*position` to `end` of a ring of `size` bytes, which is there twice in a row, and moves
/// `*position` behind those that were read; a record that is still being written ends the reading. Pure: no I/O.
/// Returns 0; -EBADMSG when a length leaves the bounds.
int clinux_bind_parse(
    const uint8_t *ring, size_t size, uint64_t *position, uint64_t end, struct clinux_bind *binds,
    size_t capacity, size_t *count);

#endif
